import { hostname } from 'node:os'
import type { Flag } from '../backends/flags.ts'
import type { AnyConfig, AnyKind, Kinds } from '../backends/kind.ts'
import { loadConfig } from '../config.ts'
import { passwordOf, readPassword } from '../password.ts'
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
  readonly bySecond?: boolean
  /** The agent's, whose settings for the backend hold where no flag says otherwise. */
  readonly config?: string
  /** Those of the backends. Of one that leaves a field out: false. */
  readonly [flag: string]: unknown
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The load options of the flags. The password comes from a file, from COLLECT_PASSWORD or from where the agent's config has it, never from an argument, which every user of
 * the machine could read.
 * @throws {Problem} naming the wrong flag
 */
export function loadSettings(flags: LoadFlags, environment: Environment, kinds: Kinds): LoadOptions {
  const { threads, inflight, duration, rate, note, sensor, location = hostname(), bySecond = false } = flags
  const known = flags.config === undefined ? undefined : ofAgent(flags.config, flags.backend, kinds)
  return {
    backend: backendOf(flags, kinds, known),
    password: passwordFor(flags, environment, known),
    threads,
    inflight,
    duration,
    rate,
    location,
    note,
    sensor,
    bySecond,
  }
}

/** What the agent's config says of a backend. @throws {Problem} where it has none of that kind */
function ofAgent(path: string, type: string, kinds: Kinds): AnyConfig {
  const { backends } = loadConfig(path, kinds)
  const found = backends.find(each => each.type === type)
  if (found) return found
  throw new Problem(`the agent does not send to ${type}`, `${path} has ${backends.map(each => each.type).join(', ')}`, 64)
}

function passwordFor({ passwordFile, config = '' }: LoadFlags, environment: Environment, known: AnyConfig | undefined): string {
  if (passwordFile !== undefined) return readPassword(passwordFile)
  return environment['COLLECT_PASSWORD'] ?? (known ? passwordOf(known, config)() : '')
}

function backendOf(given: LoadFlags, kinds: Kinds, known: AnyConfig | undefined): AnyConfig {
  const kind = kinds.find(({ type }) => type === given.backend)
  if (!kind) throw wrongUse(`--backend: there is no ${given.backend}`)
  const own = new Set(Object.values(kind.flags).map(optionOf))
  for (const flag of kinds.flatMap(({ flags }) => Object.values(flags)))
    if (isGiven(given[optionOf(flag)]) && !own.has(optionOf(flag))) throw foreignFlag(flag, kind)
  const config: Record<string, unknown> = known ? structuredClone({ ...known }) : { type: kind.type }
  for (const [field, flag] of Object.entries(kind.flags)) {
    const value = given[optionOf(flag)] ?? (known && !flag.isOfLoad ? undefined : flag.default)
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
