/**
 * The table as this backend writes it, for documentation and tests; the database's owner creates it.
 * The key makes storing idempotent. Dates are UTC, to the microsecond, so that a load tool's readings do not collide.
 */
export const readingTable = `CREATE TABLE IF NOT EXISTS reading (
  reading_location VARCHAR(64)  NOT NULL,
  reading_date     DATETIME(6)  NOT NULL,
  reading_note     VARCHAR(255) NOT NULL DEFAULT '',
  reading_value    DOUBLE       NOT NULL,
  PRIMARY KEY (reading_location, reading_date)
)`
