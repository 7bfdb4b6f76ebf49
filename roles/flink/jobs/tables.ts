import type { JobTable, JobTables } from '../../offers.ts'

const averages: JobTable = {
  columns: {
    reading_location: 'place',
    reading_from: 'time',
    reading_least: 'number',
    reading_mean: 'number',
    reading_highest: 'number',
    reading_count: 'count',
  },
  key: ['reading_location', 'reading_from'],
}

/** The tables that jobs write, by what `${table:…}` calls them: the store makes them. */
export const jobTables = {
  minute: averages,
  hour: averages,
  anomaly: {
    columns: {
      anomaly_location: 'place',
      anomaly_kind: 'word',
      anomaly_since: 'time',
      anomaly_value: 'number or none',
      anomaly_low: 'number or none',
      anomaly_high: 'number or none',
    },
    key: ['anomaly_location', 'anomaly_kind', 'anomaly_since'],
  },
} as const satisfies JobTables
