import { hostname } from 'node:os'
import type { BackendConfig } from '../backends/config.ts'
import { backendSchema } from '../backends/config.ts'
import { readPassword } from '../password.ts'
import { Problem } from '../problem.ts'
import type { LoadOptions } from './options.ts'

/** The flags of the load tool, parsed but not yet checked against the backend. */
export interface LoadFlags {
  readonly backend: string
  readonly threads: number
  readonly inflight: number
  readonly duration: number
  readonly rate?: number
  readonly location?: string
  readonly note: string
  readonly sensor: string
  readonly host?: readonly string[]
  readonly port?: number
  readonly user?: string
  readonly passwordFile?: string
  /** The CA's certificate; with it TLS is spoken. */
  readonly ca?: string
  readonly serverName?: string
  readonly database?: string
  readonly keyspace?: string
  readonly table?: string
  /** Name of the table by day; false leaves it out. */
  readonly byDay?: string | false
  readonly datacenter?: string
  readonly consistency?: string
  readonly json?: boolean
}

/**
 * The load options of the flags. The password comes from a file or from COLLECT_PASSWORD, never from an argument, which every user of
 * the machine could read.
 * @throws {Problem} naming the wrong flag
 */
export function loadSettings(flags: LoadFlags, environment: Readonly<Record<string, string | undefined>>): LoadOptions {
  const { threads, inflight, duration, rate, note, sensor, location = hostname() } = flags
  return {
    backend: backendOf(flags),
    password: flags.passwordFile === undefined ? (environment['COLLECT_PASSWORD'] ?? '') : readPassword(flags.passwordFile),
    threads,
    inflight,
    duration,
    rate,
    location,
    note,
    sensor,
  }
}

function backendOf(given: LoadFlags): BackendConfig {
  const { backend: type, host: hosts, port, user, ca, serverName, database, keyspace, table, byDay: named, datacenter, consistency } = given
  // As the agent does it, unless told otherwise.
  const byDay = named === false ? undefined : (named ?? (type === 'cassandra' ? 'reading_by_day' : undefined))
  const tls = ca === undefined ? undefined : { ca, ...(serverName !== undefined && { name: serverName }) }
  const fields = { type, hosts, port, user, tls, database, keyspace, table, byDay, datacenter, consistency }
  const parsed = backendSchema.safeParse(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (issue?.code === 'unrecognized_keys') throw foreignFlag(flagOf(issue.keys[0] ?? ''), type)
  const [field] = issue?.path ?? []
  throw new Problem(`--${flagOf(String(field ?? 'backend'))}: ${issue?.message ?? 'wrong'}`, 'see collect --help', 64)
}

const flags: Readonly<Record<string, string>> = { hosts: 'host', byDay: 'by-day', tls: 'ca' }
const flagOf = (field: string): string => flags[field] ?? field

/** What the same thing is called elsewhere. */
const alike: Readonly<Record<string, string>> = { database: 'give --keyspace', keyspace: 'give --database' }

function foreignFlag(flag: string, backend: string): Problem {
  return new Problem(`--${flag}: ${backend} has no such thing`, alike[flag] ?? 'see collect --help', 64)
}
