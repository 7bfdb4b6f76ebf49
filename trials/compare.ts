import { independentIn } from './independent.ts'
import { atUsual, heldByProcessor, secondsAtUsual, speedDuring, type With } from './machine.ts'
import { meanOf } from './mean.ts'
import { quantileOfT } from './student.ts'
import type { Result, Trial } from './result.ts'
import { nameOf } from './tables.ts'

/** What is compared. */
export type Measure = 'TPS' | 'p99 ms'
export type Verdict = 'higher' | 'lower' | 'no difference seen'

/** How one measure of one trial differs between two sides, as a share of the first: 0.1 is a tenth more. */
export interface Difference {
  readonly trial: string
  readonly measure: Measure
  readonly a: number
  readonly b: number
  readonly difference: number
  /** Where the true difference lies, in 99 of 100 cases. */
  readonly from: number
  readonly to: number
  readonly verdict: Verdict
  /** How many values stand on each side; of seconds so many as are independent. */
  readonly values: readonly [number, number]
  /** They are runs; else seconds of one run, which do not tell how far runs lie apart. */
  readonly runs: boolean
  /** How the speed of the machine under virtual Pis differed, as a share of the first; it is taken out. Absent: nothing was. */
  readonly machine?: number
}

/** Chance of an interval that does not hold the true difference, of all measures together. */
const error = 0.01
/** A smaller difference is not called one: two single runs lie further apart than their seconds tell. */
const relevant = { runs: 0.02, seconds: 0.05 }

/** Values of one side: their mean, how they lie about it, and how many independent ones they are. */
interface Side {
  readonly mean: number
  readonly variance: number
  readonly count: number
}

/**
 * Welch's interval for the difference of two means, where neither number nor spread of the values is alike: B. L. Welch, The generalization
 * of Student's problem when several different population variances are involved, Biometrika 34 (1947). As a share of the first mean.
 */
export function welch(a: Side, b: Side, alpha: number): { readonly difference: number; readonly half: number } {
  const [u, v] = [a.variance / a.count, b.variance / b.count]
  const difference = (b.mean - a.mean) / a.mean
  if (u + v === 0) return { difference, half: 0 }
  const freedom = (u + v) ** 2 / (u ** 2 / (a.count - 1) + v ** 2 / (b.count - 1))
  return { difference, half: (quantileOfT(1 - alpha / 2, freedom) * Math.sqrt(u + v)) / Math.abs(a.mean) }
}

/** Of values; `count`: how many of them are independent, all where it is not said. */
export function sideOf(values: readonly number[], count = values.length): Side {
  const mean = meanOf(values)
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1), count }
}

/**
 * Compares trials that both sides have. Where each side has two runs or more, by their values; else by seconds of the one run. What a
 * processor of virtual Pis held back is compared as if their machine had been as fast on both sides.
 */
export function compare(a: readonly Result[], b: readonly Result[]): readonly Difference[] {
  const [left, right] = [grouped(a), grouped(b)]
  return [...left].flatMap(([trial, ofA]) => {
    const ofB = right.get(trial)
    if (!ofB) return []
    const runs = ofA.length > 1 && ofB.length > 1
    const machine = machineOf(ofA, ofB)
    return measures.flatMap(({ measure, value, series, way }) => {
      const of = (group: readonly Made[]): Side => {
        if (runs) {
          const values = group.map(({ trial, speed }) => {
            return machine && speed !== undefined ? atUsual(value(trial), speed, machine.usual, way) : value(trial)
          })
          return sideOf(values)
        }
        const all = group.map(({ trial }) => {
          const [seconds, speeds] = [series(trial), trial.series.machine?.slice(trial.series.measured) ?? []]
          return machine ? secondsAtUsual(seconds, speeds, machine.usual, way) : seconds.flatMap(second => second ?? [])
        })
        return sideOf(
          all.flat(),
          all.reduce((sum, seconds) => sum + independentIn(seconds), 0),
        )
      }
      const [x, y] = [of(ofA), of(ofB)]
      if (x.count < 2 || y.count < 2) return []
      const { difference, half } = welch(x, y, error / measures.length)
      const clear = Math.abs(difference) > half && Math.abs(difference) >= relevant[runs ? 'runs' : 'seconds']
      const verdict: Verdict = !clear ? 'no difference seen' : difference > 0 ? 'higher' : 'lower'
      return [
        {
          ...{ trial, measure, a: x.mean, b: y.mean, difference, from: difference - half, to: difference + half, verdict },
          values: [Math.round(x.count), Math.round(y.count)] as const,
          runs,
          ...(machine && { machine: machine.difference }),
        },
      ]
    })
  })
}

const counted = (of: 'tps' | 'p99') => (trial: Trial) => trial.series[of].slice(trial.series.measured)
interface Measured {
  readonly measure: Measure
  readonly way: With
  value(trial: Trial): number
  series(trial: Trial): readonly (number | null)[]
}
const measures: readonly Measured[] = [
  { measure: 'TPS', way: 'grows', value: ({ all }) => all.tps, series: counted('tps') },
  { measure: 'p99 ms', way: 'shrinks', value: ({ all }) => all.latency.p99, series: counted('p99') },
]

/** A trial as it was made. */
interface Made {
  readonly trial: Trial
  /** As fast as it goes: no rate was asked for. */
  readonly closed: boolean
  /** Of the machine meanwhile. */
  readonly speed: number | undefined
}

/** How fast the machine was on both sides, and how the second differs; undefined where it is not known or was not what held trials back. */
function machineOf(a: readonly Made[], b: readonly Made[]): { readonly usual: number; readonly difference: number } | undefined {
  const speedOf = ({ trial, closed, speed }: Made): number => (closed && heldByProcessor(trial) ? (speed ?? NaN) : NaN)
  const [ofA, ofB] = [meanOf(a.map(speedOf)), meanOf(b.map(speedOf))]
  return Number.isNaN(ofA + ofB) ? undefined : { usual: (ofA + ofB) / 2, difference: ofB / ofA - 1 }
}

function grouped(results: readonly Result[]): ReadonlyMap<string, readonly Made[]> {
  const found = new Map<string, Made[]>()
  for (const { trials, producers, rate } of results)
    for (const trial of trials) {
      const name = `${nameOf(trial)}, ${producers.length} × ${trial.threads}${rate === null ? '' : `, ${rate} a second`}`
      found.set(name, [...(found.get(name) ?? []), { trial, closed: rate === null, speed: speedDuring(trial) }])
    }
  return found
}
