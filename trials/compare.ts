import { independentIn } from './independent.ts'
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
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1), count }
}

/** Compares trials that both sides have. Where each side has two runs or more, by their values; else by seconds of the one run. */
export function compare(a: readonly Result[], b: readonly Result[]): readonly Difference[] {
  const [left, right] = [grouped(a), grouped(b)]
  return [...left].flatMap(([trial, ofA]) => {
    const ofB = right.get(trial)
    if (!ofB) return []
    const runs = ofA.length > 1 && ofB.length > 1
    return measures.flatMap(({ measure, value, series }) => {
      const of = (trials: readonly Trial[]): Side => {
        if (runs) return sideOf(trials.map(value))
        const all = trials.map(each => series(each).flatMap(second => second ?? []))
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
      const ends = { from: difference - half, to: difference + half }
      return [
        {
          trial,
          measure,
          a: x.mean,
          b: y.mean,
          difference,
          ...ends,
          verdict,
          values: [Math.round(x.count), Math.round(y.count)] as const,
          runs,
        },
      ]
    })
  })
}

const counted = (of: 'tps' | 'p99') => (trial: Trial) => trial.series[of].slice(trial.series.measured)
const measures: readonly { readonly measure: Measure; value(trial: Trial): number; series(trial: Trial): readonly (number | null)[] }[] = [
  { measure: 'TPS', value: ({ all }) => all.tps, series: counted('tps') },
  { measure: 'p99 ms', value: ({ all }) => all.latency.p99, series: counted('p99') },
]

function grouped(results: readonly Result[]): ReadonlyMap<string, readonly Trial[]> {
  const found = new Map<string, Trial[]>()
  for (const { trials, producers, rate } of results)
    for (const trial of trials) {
      const name = `${nameOf(trial)}, ${producers.length} × ${trial.threads}${rate === null ? '' : `, ${rate} a second`}`
      found.set(name, [...(found.get(name) ?? []), trial])
    }
  return found
}
