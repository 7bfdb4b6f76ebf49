/**
 * The tables as this backend writes them, for documentation and tests; the database's owner creates them. In this one each reading is a
 * partition of its own, so that the ring's tokens alone decide how many each node gets. Writing the same key again changes nothing.
 */
export const readingTable = `CREATE TABLE IF NOT EXISTS reading (
  reading_location text,
  reading_date     timestamp,
  reading_note     text,
  reading_value    double,
  PRIMARY KEY ((reading_location, reading_date))
)`

/** The same readings by location and day, newest first: what answers questions of time. */
export const readingByDayTable = `CREATE TABLE IF NOT EXISTS reading_by_day (
  reading_location text,
  reading_day      date,
  reading_date     timestamp,
  reading_note     text,
  reading_value    double,
  PRIMARY KEY ((reading_location, reading_day), reading_date)
) WITH CLUSTERING ORDER BY (reading_date DESC)`
