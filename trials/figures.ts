import { throttledNow, type Sample } from './sample.ts'

/** What a host did in a span of time. Shares are from 0 to 1. */
export interface HostFigures {
  readonly cpu: number
  /** Of its busiest core. */
  readonly core: number
  readonly cores: number
  /** Of the time in which its disk had something to do; of the busiest disk. */
  readonly disk: number
  /** Milliseconds a request to the disk took. */
  readonly io: number
  /** Bytes a second. */
  readonly diskBytes: number
  /** Of its memory that is not available. */
  readonly memory: number
  /** Bytes. */
  readonly available: number
  /** Bytes a second, of the direction with more. */
  readonly net: number
  /** Of what its busiest interface can carry; absent where that is not told. */
  readonly netShare?: number
  /** Of the time in which a program waited; absent where the kernel does not count it. */
  readonly waits: { readonly cpu?: number; readonly io?: number; readonly memory?: number }
  /** Major faults, and pages from and to swap, a second. */
  readonly faults: number
  readonly swapped: number
  /** °C, the highest. */
  readonly temperature?: number
  /** What held the board back, in the firmware's words. */
  readonly throttled: readonly string[]
  /** Milliseconds of a round trip at least, by address. */
  readonly trips: Readonly<Record<string, number>>
}

/** The figures between the first and the last of these; undefined where there are fewer than two. */
export function figuresOf(samples: readonly Sample[], speeds: Readonly<Record<string, number>>): HostFigures | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.at <= first.at) return undefined
  const seconds = last.at - first.at
  const shareOf = (core: string): number => {
    const [a, b] = [first.cpus[core], last.cpus[core]]
    return a && b && b.all > a.all ? clamp((b.busy - a.busy) / (b.all - a.all)) : 0
  }
  const cores = Object.keys(last.cpus).filter(name => name !== 'cpu')
  const disks = Object.entries(last.disks).flatMap(([name, now]) => {
    const before = first.disks[name]
    return before
      ? [
          {
            requests: now.requests - before.requests,
            took: now.took - before.took,
            busy: now.busy - before.busy,
            bytes: now.bytes - before.bytes,
          },
        ]
      : []
  })
  const busiest = disks.reduce((a, b) => (b.busy > a.busy ? b : a), { requests: 0, took: 0, busy: 0, bytes: 0 })
  const nets = Object.entries(last.net).flatMap(([name, now]) => {
    const before = first.net[name]
    return before ? [{ name, bytes: Math.max(now.received - before.received, now.sent - before.sent) / seconds }] : []
  })
  const shares = nets.flatMap(({ name, bytes }) => (speeds[name] ? [(bytes * 8) / speeds[name]] : []))
  const waited = (of: keyof Sample['pressure']): number | undefined => {
    const [a, b] = [first.pressure[of], last.pressure[of]]
    return a === undefined || b === undefined ? undefined : clamp((b - a) / seconds)
  }
  const waits = Object.fromEntries(
    (['cpu', 'io', 'memory'] as const).flatMap(of => {
      const share = waited(of)
      return share === undefined ? [] : [[of, share]]
    }),
  )
  const temperatures = samples.flatMap(({ temperature }) => temperature ?? [])
  const available = Math.min(...samples.map(({ memory }) => memory.available))
  const trips: Record<string, number> = {}
  for (const sample of samples)
    for (const [peer, trip] of Object.entries(sample.trips)) trips[peer] = Math.min(trips[peer] ?? Infinity, trip * 1000)
  return {
    cpu: shareOf('cpu'),
    core: Math.max(shareOf('cpu'), ...cores.map(shareOf)),
    cores: Math.max(1, cores.length),
    disk: clamp(busiest.busy / (seconds * 1000)),
    io: busiest.requests > 0 ? busiest.took / busiest.requests : 0,
    diskBytes: busiest.bytes / seconds,
    memory: last.memory.total > 0 ? clamp(1 - available / last.memory.total) : 0,
    available,
    net: nets.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(shares.length > 0 && { netShare: clamp(Math.max(...shares)) }),
    waits,
    faults: (last.faults - first.faults) / seconds,
    swapped: (last.swapped - first.swapped) / seconds,
    ...(temperatures.length > 0 && { temperature: Math.max(...temperatures) }),
    throttled: [...new Set(samples.flatMap(({ throttled = 0 }) => throttledNow(throttled)))],
    trips,
  }
}

const clamp = (share: number): number => Math.min(1, Math.max(0, share))
