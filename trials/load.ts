import { sumOfCodes, type Codes, type LoadSecond } from '../collector/load/second.ts'
import { merged, summarize, type Latency } from '../collector/load/latency.ts'
import { holdFolder } from '../collector/hold.ts'
import { words } from '../engine/shell.ts'

/** The load that one producer makes in a trial. */
export interface LoadOrder {
  readonly backend: string
  readonly threads: number
  /** Readings a second of this producer; as fast as it goes without. */
  readonly rate?: number
  /** Seconds at most: it is stopped before. */
  readonly seconds: number
  readonly location: string
  readonly note: string
  /** Of MQTT: another broker than the agent's. */
  readonly broker?: string
  /** The broker lets a producer have one connection: the agent leaves it to the load, and threads are messages in flight on it. */
  readonly oneConnection: boolean
}

/** Shell text that runs the load tool that was deployed, with the settings and the password of the agent. */
export function loadText({ backend, threads, rate, seconds, location, note, broker, oneConnection }: LoadOrder): string {
  const load = `${words([
    '/usr/local/bin/collect',
    ...['--backend', backend, '--config', '/etc/collector/config.json', '--by-second', '--json'],
    ...(oneConnection ? ['--threads', '1', '--inflight', String(threads)] : ['--threads', String(threads)]),
    ...['--duration', `${Math.ceil(seconds)}s`, '--location', location, '--note', note],
    ...(rate === undefined ? [] : ['--rate', String(rate)]),
    ...(broker === undefined ? [] : ['--broker', broker]),
  ])} </dev/null`
  if (!oneConnection) return load
  const hold = `${holdFolder}/${backend}`
  return `mkdir -p ${holdFolder}; echo ${Math.ceil(seconds) + agentLeaves + 10} >${hold}; sleep ${agentLeaves}; ${load}; code=$?; rm -f ${hold}; exit $code`
}

/** Seconds in which an agent sees that its connection is wanted: it looks whenever it sends. */
const agentLeaves = 3

/** Shell text that gives an agent its connection back, where a load was ended before it did. */
export const releaseText = (backend: string): string => `rm -f ${holdFolder}/${backend}`

/** A second that a load tool told of. */
export interface HeardSecond extends LoadSecond {
  /** When it came here, in seconds of this machine's steady clock. */
  readonly heard: number
}

/** Reads a line of the load tool; undefined for its report, and for what is none of its lines. */
export function secondIn(line: string, heard: number): HeardSecond | undefined {
  if (!line.startsWith('{"at":')) return undefined
  try {
    // A load tool that was deployed earlier tells no codes.
    return { codes: {}, ...(JSON.parse(line) as Omit<LoadSecond, 'codes'> & Partial<LoadSecond>), heard }
  } catch {
    return undefined
  }
}

/** What one producer, or all of them, did in the time that counts. */
export interface LoadFigures {
  /** Readings stored a second. */
  readonly tps: number
  readonly stored: number
  readonly errors: number
  /** The same, by code. */
  readonly codes: Codes
  /** Cores the load tool used. */
  readonly cpu: number
  /** Milliseconds, from when a reading was due; without a rate, from when it was sent. */
  readonly latency: Latency
  /** From when it was sent. */
  readonly sent: Latency
}

/**
 * What a producer did from `from` to `to`: of all seconds that came here in between. Their length is by the producer's own clock, so that
 * how long a line was on its way does not count. Undefined where it told of less than one.
 */
export function figuresOfLoad(all: readonly HeardSecond[], from: number, to: number): LoadFigures | undefined {
  const within = all.filter(({ heard }) => heard > from && heard <= to)
  const before = all.filter(({ heard }) => heard <= from).at(-1)
  const last = within.at(-1)
  if (!last) return undefined
  const seconds = last.at - (before?.at ?? 0)
  if (seconds <= 0) return undefined
  const stored = sumOf(within.map(second => second.stored))
  return {
    tps: stored / seconds,
    stored,
    errors: sumOf(within.map(({ errors }) => errors)),
    codes: sumOfCodes(within.map(({ codes }) => codes)),
    cpu: sumOf(within.map(({ cpu }) => cpu)) / seconds,
    latency: summarize(merged(within.map(({ due }) => due))),
    sent: summarize(merged(within.map(({ sent }) => sent))),
  }
}

/** The same of all producers together. */
export function togetherOf(each: readonly LoadFigures[], all: readonly (readonly HeardSecond[])[], from: number, to: number): LoadFigures {
  const within = all.flatMap(seconds => seconds.filter(({ heard }) => heard > from && heard <= to))
  return {
    tps: sumOf(each.map(({ tps }) => tps)),
    stored: sumOf(each.map(({ stored }) => stored)),
    errors: sumOf(each.map(({ errors }) => errors)),
    codes: sumOfCodes(each.map(({ codes }) => codes)),
    cpu: sumOf(each.map(({ cpu }) => cpu)),
    latency: summarize(merged(within.map(({ due }) => due))),
    sent: summarize(merged(within.map(({ sent }) => sent))),
  }
}

/**
 * Readings a second of all producers, and their slowest in a hundred in milliseconds, in each whole second from `from` to `to`; null: no
 * producer told of that second.
 */
export function bySecond(
  all: readonly (readonly HeardSecond[])[],
  from: number,
  to: number,
): { readonly tps: readonly (number | null)[]; readonly p99: readonly (number | null)[] } {
  const heard = all.flatMap(seconds => seconds)
  const points = Array.from({ length: Math.max(0, Math.floor(to - from)) }, (_, index) =>
    heard.filter(second => second.heard > from + index && second.heard <= from + index + 1),
  )
  return {
    tps: points.map(here => (here.length === 0 ? null : sumOf(here.map(({ stored }) => stored)))),
    p99: points.map(here => {
      const stored = sumOf(here.map(second => second.stored))
      return stored === 0 ? null : summarize(merged(here.map(({ due }) => due))).p99
    }),
  }
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
