/**
 * The table as this backend writes it, for documentation and tests; the database's owner creates it. The key makes storing idempotent;
 * its text is compared byte by byte, or `Küche` and `kuche` would be one location. Dates are UTC, to the microsecond, so that a load tool's
 * readings do not collide.
 */
export const readingTable = `CREATE TABLE IF NOT EXISTS reading (
  reading_location VARCHAR(64)  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  reading_date     DATETIME(6)  NOT NULL,
  reading_note     VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT '',
  reading_value    DOUBLE       NOT NULL,
  PRIMARY KEY (reading_location, reading_date)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4`
