import type { CassandraConfig } from '../backends/cassandra.config.ts'
import { loadConfig } from '../config.ts'
import { copyByDay } from '../copy/copy.ts'
import { partOf, placeFile } from '../copy/place.ts'
import type { Place } from '../copy/place.ts'
import { passwordPath, readPassword } from '../password.ts'
import { Problem } from '../problem.ts'

export interface CopyFlags {
  readonly config: string
  /** Rows a second. */
  readonly rate: number
  readonly progress: string
}

/** `collect copy-by-day`: gives the table by day the readings that were stored before it was there. @throws {Problem} */
export async function copyByDayCommand({ config: path, rate, progress }: CopyFlags): Promise<void> {
  const backend = loadConfig(path).backends.find(
    (each): each is CassandraConfig & { byDay: string } => each.type === 'cassandra' && each.byDay !== undefined,
  )
  if (!backend) throw new Problem(`${path} names no table by day`, 'provision this host, so that its config has `byDay` of a Cassandra')
  const { passwordFile, keyspace, table, byDay } = backend
  const password = (): string => (passwordFile === undefined ? '' : readPassword(passwordPath(passwordFile, path)))
  const what = `${keyspace}.${table} to ${keyspace}.${byDay}`
  const { isTTY } = process.stderr
  const copied = await copyByDay({ ...backend, password, rate }, placeFile(progress, what), place => {
    if (isTTY) process.stderr.write(`\r\x1b[K${placeText(place)}`)
  })
  if (isTTY) process.stderr.write('\r\x1b[K')
  process.stdout.write(`${copiedText(copied, what)}\n`)
}

/** How far it is, in a line. */
export const placeText = (place: Place): string => `${(partOf(place) * 100).toFixed(1)} %  ${place.rows} rows`

/** What was done, in a line. */
export const copiedText = ({ rows, expired }: Place, what: string): string =>
  `copied ${rows - expired} rows of ${what}${expired > 0 ? `; ${expired} are older than it keeps rows, and were left out` : ''}`
