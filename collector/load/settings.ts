import { hostname } from 'node:os'
import type { Flag } from '../backends/flags.ts'
import type { AnyConfig, AnyKind, Kinds } from '../backends/kind.ts'
import { readPassword } from '../password.ts'
import { Problem } from '../problem.ts'
import { optionOf } from './flags.ts'
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
  readonly passwordFile?: string
  readonly json?: boolean
  /** Those of the backends. Of one that leaves a field out: false. */
  readonly [flag: string]: unknown
}

/**
 * The load options of the flags. The password comes from a file or from COLLECT_PASSWORD, never from an argument, which every user of
 * the machine could read.
 * @throws {Problem} naming the wrong flag
 */
export function loadSettings(flags: LoadFlags, environment: Readonly<Record<string, string | undefined>>, kinds: Kinds): LoadOptions {
  const { threads, inflight, duration, rate, note, sensor, location = hostname() } = flags
  return {
    backend: backendOf(flags, kinds),
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

function backendOf(given: LoadFlags, kinds: Kinds): AnyConfig {
  const kind = kinds.find(({ type }) => type === given.backend)
  if (!kind) throw wrongUse(`--backend: there is no ${given.backend}`)
  const own = new Set(Object.values(kind.flags).map(optionOf))
  for (const flag of kinds.flatMap(({ flags }) => Object.values(flags)))
    if (isGiven(given[optionOf(flag)]) && !own.has(optionOf(flag))) throw foreignFlag(flag, kind)
  const config: Record<string, unknown> = { type: kind.type }
  for (const [field, flag] of Object.entries(kind.flags)) {
    const value = given[optionOf(flag)] ?? flag.default
    if (isGiven(value)) put(config, field.split('.'), value)
  }
  const parsed = kind.schema.safeParse(config)
  if (parsed.success) return parsed.data as AnyConfig
  const [issue] = parsed.error.issues
  const wrong = issue?.path.join('.') ?? ''
  const [, flag] = Object.entries(kind.flags).find(([field]) => wrong === field || wrong.startsWith(`${field}.`)) ?? []
  throw wrongUse(`--${flag?.name ?? 'backend'}: ${issue?.message ?? 'wrong'}`)
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== false

/** Puts a value at a path of an object. */
function put(into: Record<string, unknown>, [field = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) into[field] = value
  else put((into[field] ??= {}) as Record<string, unknown>, rest, value)
}

const wrongUse = (message: string, remedy = 'see collect --help') => new Problem(message, remedy, 64)

function foreignFlag({ name }: Flag, { type, flags }: AnyKind): Problem {
  const own = Object.values(flags).map(flag => `--${flag.name}`)
  return wrongUse(`--${name}: ${type} has no such thing`, `it has ${own.join(', ')}`)
}
