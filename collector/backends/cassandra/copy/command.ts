import type { Command } from 'commander-node18'
import { positive } from '../../../arguments.ts'
import { passwordPath, readPassword } from '../../../password.ts'
import { Problem } from '../../../problem.ts'
import type { AnyConfig, CommandTools } from '../../kind.ts'
import type { CassandraConfig } from '../config.ts'
import { partOf, checkpointFile } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'

interface CopyFlags {
  readonly config: string
  /** Rows a second. */
  readonly rate: number
  readonly progress: string
}

type ByDay = CassandraConfig & { readonly byDay: string }

/** Adds `collect copy-by-day`. */
export function addCopyByDay(collect: Command, { configsOf }: CommandTools): void {
  collect
    .command('copy-by-day')
    .description('give Cassandra’s table by day the readings that were stored before it was there; may be cut off and run again')
    .requiredOption('--config <file>', 'the agent’s JSON config: it names the ring, the account and both tables')
    .option('--rate <n>', 'rows a second at most', positive, 500)
    .option('--progress <file>', 'where it is noted how far it has come', '/var/lib/collector/copy-by-day.json')
    .action((flags: CopyFlags) => copyByDayCommand(flags, configsOf(flags.config)))
}

const isByDay = (config: AnyConfig): config is ByDay => config.type === 'cassandra' && (config as CassandraConfig).byDay !== undefined

/** Gives the table by day the readings that were stored before it was there. @throws {Problem} */
async function copyByDayCommand({ config: path, rate, progress }: CopyFlags, configs: readonly AnyConfig[]): Promise<void> {
  const backend = configs.find(isByDay)
  if (!backend) throw new Problem(`${path} names no table by day`, 'provision this host, so that its config has `byDay` of a Cassandra')
  const { copyByDay } = await import('./copy.ts')
  const { passwordFile, keyspace, table, byDay } = backend
  const password = (): string => (passwordFile === undefined ? '' : readPassword(passwordPath(passwordFile, path)))
  const what = `${keyspace}.${table} to ${keyspace}.${byDay}`
  const { isTTY } = process.stderr
  const copied = await copyByDay({ ...backend, password, rate }, checkpointFile(progress, what), checkpoint => {
    if (isTTY) process.stderr.write(`\r\x1b[K${checkpointText(checkpoint)}`)
  })
  if (isTTY) process.stderr.write('\r\x1b[K')
  process.stdout.write(`${copiedText(copied, what)}\n`)
}

/** How far it is, in a line. */
export const checkpointText = (checkpoint: Checkpoint): string => `${(partOf(checkpoint) * 100).toFixed(1)} %  ${checkpoint.rows} rows`

/** What was done, in a line. */
export const copiedText = ({ rows, expired }: Checkpoint, what: string): string =>
  `copied ${rows - expired} rows of ${what}${expired > 0 ? `; ${expired} are older than it keeps rows, and were left out` : ''}`
