import type { CassandraVars } from '../vars.ts'
import type { TableOptions, TableSpec } from './table.ts'

const day = 86_400

/** Where readings are stored: once spread over the ring, and once more by time. */
export function readingTables(vars: Pick<CassandraVars, 'table' | 'byDay' | 'compaction' | 'window' | 'retention'>): readonly TableSpec[] {
  return [
    {
      // Each reading is a partition of its own: tokens alone decide how many a node holds, whoever measures how often.
      name: vars.table,
      variable: 'table',
      columns: { reading_location: 'text', reading_date: 'timestamp', reading_note: 'text', reading_value: 'double' },
      partition: ['reading_location', 'reading_date'],
      clustering: {},
    },
    {
      // What one place measured in one day (UTC) lies together, newest first: an hour is one slice of one file.
      name: vars.byDay,
      variable: 'byDay',
      columns: { reading_location: 'text', reading_day: 'date', reading_date: 'timestamp', reading_note: 'text', reading_value: 'double' },
      partition: ['reading_location', 'reading_day'],
      clustering: { reading_date: 'DESC' },
      options: optionsByDay(vars),
    },
  ]
}

function optionsByDay({ compaction, window, retention }: Pick<CassandraVars, 'compaction' | 'window' | 'retention'>): TableOptions {
  // Some thirty files at the end of a retention; without one they must not become too many in years.
  const windowDays = window ?? (retention === undefined ? 7 : Math.ceil(retention / 30))
  return {
    compaction: {
      class: `${compaction}CompactionStrategy`,
      ...(compaction === 'TimeWindow' && { compaction_window_unit: 'DAYS', compaction_window_size: String(windowDays) }),
    },
    retention: (retention ?? 0) * day,
    // Rows that expire do so on every node by themselves, and no repair can bring them back. Not less than nodes keep what another has
    // missed (three hours).
    gcGrace: retention === undefined ? 10 * day : day,
  }
}
