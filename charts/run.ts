import type { Span } from '../roles/offers.ts'
import type { Curve, Note, Report, Table } from './picture.ts'
import { timesOf } from './span.ts'

/** What was measured again and again: seconds since 1970, and the value. */
export type Sample = readonly [at: number, value: number]

/** Measurements in one picture. */
export interface RunPicture {
  readonly title: string
  /** Of its values, in Grafana's words, e.g. `ops`, `bytes`, `percentunit`; absent: a plain number. */
  readonly unit?: string
  /** By the curve's name. */
  readonly series: Readonly<Record<string, readonly Sample[]>>
}

/** A run that was measured, e.g. a benchmark. */
export interface Run {
  readonly name: string
  readonly hosts: number
  /** Its begin and its end, in seconds since 1970. */
  readonly from: number
  readonly to: number
  /** What was measured by whom, for a person: `bench run kafka`. */
  readonly source: string
  readonly notes?: readonly Note[]
  readonly parts: readonly { readonly title: string; readonly pictures?: readonly RunPicture[]; readonly tables?: readonly Table[] }[]
}

/** Most points of a curve. */
const mostPoints = 600

/** The report of a run, which `pageOf` makes a page of. A point is the mean of its step's samples; a step without any is a break. */
export function reportOf({ name, hosts, from, to, source, notes = [], parts }: Run, now: Date): Report {
  const step = Math.max(1, Math.ceil((to - from) / mostPoints))
  const first = Math.floor(from)
  const span = { from: first, to: first + Math.ceil((to - first) / step) * step, step }
  return {
    fleet: name,
    hosts,
    span,
    source,
    made: Math.floor(now.getTime() / 1000),
    notes,
    parts: parts.map(({ title, pictures = [], tables = [] }) => ({
      title,
      pictures: pictures.map(({ title: of, unit, series }) => ({
        title: of,
        ...(unit !== undefined && { unit }),
        curves: Object.entries(series).map(([curve, samples]) => curveOf(curve, samples, span)),
        missing: [],
      })),
      tables,
    })),
  }
}

function curveOf(name: string, samples: readonly Sample[], span: Span): Curve {
  const sums = timesOf(span).map(() => ({ sum: 0, count: 0 }))
  for (const [at, value] of samples) {
    const point = sums[Math.floor((at - span.from) / span.step)]
    if (!point || !Number.isFinite(value)) continue
    point.sum += value
    point.count++
  }
  return { name, values: sums.map(({ sum, count }) => (count === 0 ? null : sum / count)) }
}
