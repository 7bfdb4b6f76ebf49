import type { JobColumn, JobTable, JobTables } from '../offers.ts'
import { exactly, varchar, type Column, type Shape } from './shape.ts'

const text = (length: number): Omit<Column, 'name'> => ({
  definition: `VARCHAR(${length}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL`,
  fault: varchar(length),
  text: { charset: 'utf8mb4', collation: /_bin$/ },
})

/** What a column of a job is here. A place is compared byte by byte, as in the table of readings. */
const columns: Readonly<Record<JobColumn, Omit<Column, 'name'>>> = {
  place: text(64),
  word: text(16),
  time: { definition: 'DATETIME NOT NULL', fault: exactly('datetime') },
  number: { definition: 'DOUBLE NOT NULL', fault: exactly('double') },
  'number or none': { definition: 'DOUBLE NULL', fault: exactly('double') },
  count: { definition: 'BIGINT NOT NULL', fault: type => exactly('bigint')(type.replace(/\(\d+\)/, '')) },
}

/** The shape of a table that a job writes. */
export const shapeOf = ({ columns: wanted, key }: JobTable): Shape => ({
  columns: Object.entries(wanted).map(([name, kind]) => ({ name, ...columns[kind] })),
  key,
})

/** What a table is called here: after the table of readings. */
export const jobTable = (readings: string, name: string): string => `${readings}_${name}`

/** All tables of jobs, by name; the same one of several hosts is one. */
export const tablesOf = (all: readonly JobTables[]): JobTables => Object.assign({}, ...all) as JobTables
