/**
 * The table as this backend writes it, for documentation and tests; the database's owner creates it. Each reading is a partition of
 * its own, so that the ring's tokens alone decide how many each node gets. Writing the same key again changes nothing.
 */
export const readingTable = `CREATE TABLE IF NOT EXISTS reading (
  reading_location text,
  reading_date     timestamp,
  reading_note     text,
  reading_value    double,
  PRIMARY KEY ((reading_location, reading_date))
)`
