import { createHash } from 'node:crypto'

/** A version of a job: its SQL with all that was put in, and what tells it from others. */
export interface Version {
  /** 16 hex digits of the SQL's SHA-256. */
  readonly hash: string
  /** Passwords are in it. */
  readonly sql: string
}

/** A job that is to run. */
export interface Job extends Version {
  readonly name: string
}

export const hashOf = (sql: string): string => createHash('sha256').update(sql).digest('hex').slice(0, 16)

export const jobOf = (name: string, sql: string): Job => ({ name, sql, hash: hashOf(sql) })

/** What Flink calls it: a person sees which version runs, and we know our own. */
export const flinkName = ({ name, hash }: Pick<Job, 'name' | 'hash'>): string => `${name} ${hash}`

/** The job and version that Flink's name tells of; undefined: it is somebody else's. */
export function readName(text: string): { readonly name: string; readonly hash: string } | undefined {
  const [, name, hash] = /^([a-z][a-z0-9-]*) ([0-9a-f]{16})$/.exec(text) ?? []
  return name !== undefined && hash !== undefined ? { name, hash } : undefined
}
