import type { OwnRows } from './own-rows.ts'
import { exactly, varchar, type Shape } from './shape.ts'

/**
 * The table of readings. The key's text is compared byte by byte: by the server's own order `Küche` and `kuche` would be one location.
 * A date without its fraction would be another reading's.
 */
export const readings: Shape = {
  columns: [
    {
      name: 'reading_location',
      definition: 'VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL',
      fault: varchar(64),
      text: { charset: 'utf8mb4', collation: /_bin$/ },
    },
    { name: 'reading_date', definition: 'DATETIME(6) NOT NULL', fault: exactly('datetime(6)') },
    {
      name: 'reading_note',
      definition: "VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL DEFAULT ''",
      fault: varchar(255),
      text: { charset: 'utf8mb4' },
    },
    { name: 'reading_value', definition: 'DOUBLE NOT NULL', fault: exactly('double') },
  ],
  key: ['reading_location', 'reading_date'],
}

/** What a producer sees of the table, and may add to. */
export const ownReadings = (view: string): OwnRows => ({
  view,
  columns: readings.columns.map(({ name }) => name),
  owner: 'reading_location',
})
