import type { HostFigures } from '../../../trials/figures.ts'
import type { LoadFigures } from '../../../trials/load.ts'
import type { Result, Trial } from '../../../trials/result.ts'

const latency = (p99: number) => ({ mean: 8, p50: 7.4, p95: 20, p99, max: 900 })
export const load = (tps: number, p99 = 42): LoadFigures => ({
  tps,
  stored: tps * 20,
  errors: 0,
  codes: {},
  cpu: 0.4,
  latency: latency(p99),
  sent: latency(p99 / 2),
})
export const host: HostFigures = {
  cpu: 0.31,
  core: 0.5,
  cores: 4,
  disk: 0.2,
  io: 13,
  diskBytes: 1e5,
  memory: 0.6,
  available: 4e8,
  net: 123_456,
  waits: {},
  faults: 0,
  swapped: 0,
  temperature: 51.2,
  throttled: [],
  trips: {},
}

/** A trial whose seconds are these; the first five are the warm-up. */
export function trialOf(backend: string, threads: number, tps: readonly number[], p99: readonly number[] = tps.map(() => 42)): Trial {
  const mean = tps.reduce((sum, value) => sum + value, 0) / tps.length
  const warm = [1, 2, 3, 4, 5]
  const points = [...warm, ...tps].map((_, index) => (index % 10) / 10)
  const series = { cpu: points, disk: points, memory: points, net: points, temperature: points.map(value => 40 + value) }
  return {
    backend,
    threads,
    began: 1_700_000_000,
    seconds: tps.length,
    warmUp: { seconds: 5, steady: true },
    all: load(mean, p99.reduce((sum, value) => sum + value, 0) / p99.length),
    producers: [{ host: 'producer1', figures: load(mean) }],
    hosts: [
      { host: 'mysql', figures: { ...host, throttled: ['under-voltage'] } },
      { host: 'producer1', figures: { ...host, throttled: [] } },
      { host: 'hub', missing: 'no route' },
    ],
    bottlenecks: [{ host: 'mysql', resource: 'CPU', figure: '100 %' }],
    series: {
      measured: 5,
      tps: [...warm, ...tps],
      p99: [...warm, ...p99],
      hosts: [
        { host: 'mysql', ...series },
        { host: 'producer1', ...series },
      ],
    },
  }
}

export const resultOf = (trials: readonly Trial[], rate: number | null = null): Result => ({
  bench: 1,
  fleet: 'home',
  made: 1_700_000_000,
  duration: 20,
  rate,
  producers: ['producer1'],
  trials: [...trials],
  problems: [],
})
