import * as z from 'zod'
import { Failed, toFailure } from '../engine/errors.ts'
import type { Board } from '../roles/boards.ts'
import type { Panel, Span } from '../roles/offers.ts'
import { namesOf } from './legend.ts'
import type { Curve, Note, Part, Picture } from './picture.ts'
import { timesOf } from './span.ts'

/** Asks the API of a Prometheus: a path with its query. Gives the body of the answer. @throws where there is none */
export type AsksApi = (path: string) => Promise<string>

/** A target that should be asked by it. */
export interface Target {
  readonly job: string
  readonly host: string
}

/** Most curves of one picture: more cannot be told apart. */
const mostCurves = 24

const labels = z.record(z.string(), z.string())
const matrix = z.object({
  data: z.object({ result: z.array(z.object({ metric: labels, values: z.array(z.tuple([z.number(), z.string()])) })) }),
})
const vector = z.object({ data: z.object({ result: z.array(z.object({ metric: labels, value: z.tuple([z.number(), z.string()]) })) }) })
const alerts = z.object({ data: z.object({ alerts: z.array(z.object({ state: z.string(), labels, annotations: labels })) }) })
const refusal = z.object({ status: z.literal('error'), error: z.string() })

/**
 * Where curves of a span are asked. A rate over five minutes is one over a step, where steps are longer: nothing between two points is
 * left out.
 */
export function rangePath(expr: string, { from, to, step }: Span): string {
  const query = step > 300 ? expr.replaceAll('[5m]', `[${step}s]`) : expr
  return `/api/v1/query_range?${new URLSearchParams({ query, start: String(from), end: String(to), step: String(step) })}`
}

const instantPath = (query: string, time: number) => `/api/v1/query?${new URLSearchParams({ query, time: String(time) })}`

async function asked<T>(ask: AsksApi, path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await ask(path)
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new Failed({ message: `the answer is no JSON: ${text.slice(0, 80)}`, hint: 'is it a Prometheus that listens there?' })
  }
  const refused = refusal.safeParse(body)
  if (refused.success) throw new Failed({ message: refused.data.error })
  const told = schema.safeParse(body)
  if (!told.success)
    throw new Failed({ message: 'the answer is not one of Prometheus’ API', hint: 'is it a Prometheus that listens there?' })
  return told.data
}

/** A value of Prometheus; what is no number is nothing to see. */
function numberOf(text: string): number | null {
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

/** Values on the points of a span; where nothing was told, null. */
export function onPoints(values: readonly (readonly [at: number, value: number | null])[], span: Span): readonly (number | null)[] {
  const byPoint = new Map(values.map(([at, value]) => [Math.round((at - span.from) / span.step), value]))
  return timesOf(span).map((_, index) => byPoint.get(index) ?? null)
}

/** Asks for all curves of a panel. What fails is told in the picture. */
export async function pictureOf({ title, unit, curves }: Panel, span: Span, ask: AsksApi): Promise<Picture> {
  const series: { readonly template: string; readonly labels: Readonly<Record<string, string>>; readonly values: Curve['values'] }[] = []
  const missing: string[] = []
  for (const { expr, legend } of curves) {
    try {
      const { data } = await asked(ask, rangePath(expr, span), matrix)
      for (const { metric, values } of data.result)
        series.push({
          template: legend,
          labels: metric,
          values: onPoints(
            values.map(([at, text]) => [at, numberOf(text)]),
            span,
          ),
        })
    } catch (error) {
      missing.push(`The query \`${expr}\` failed: ${toFailure(error).message}`)
    }
  }
  const names = namesOf(series)
  const named = series
    .map(({ values }, index) => ({ name: names[index] ?? '', values }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  const left = named.length - mostCurves
  if (left > 0) missing.push(`${left} more curves are left out.`)
  return { title, ...(unit !== undefined && { unit }), curves: named.slice(0, mostCurves), missing }
}

/** What the targets and alerts of a Prometheus are now: who is not asked, who does not answer, what is open. */
export async function notesOf(expected: readonly Target[], span: Span, ask: AsksApi): Promise<readonly Note[]> {
  const notes: Note[] = []
  try {
    for (const { state, labels: of, annotations } of (await asked(ask, '/api/v1/alerts', alerts)).data.alerts)
      if (state === 'firing') notes.push({ kind: 'alert', text: annotations['summary'] ?? of['alertname'] ?? 'an alert without a name' })
  } catch (error) {
    notes.push({ kind: 'failed', text: `Which alerts are open is not known: ${toFailure(error).message}` })
  }
  try {
    const { data } = await asked(ask, instantPath(`avg_over_time(up[${span.to - span.from}s])`, span.to), vector)
    const now = await asked(ask, instantPath('up', span.to), vector)
    const of = (all: typeof data.result, { job, host }: Target) =>
      all.find(({ metric }) => metric['job'] === job && metric['host'] === host)?.value[1]
    for (const target of expected) {
      const share = of(data.result, target)
      const last = of(now.data.result, target)
      const name = `${target.job} on ${target.host}`
      if (share === undefined) notes.push({ kind: 'missing', text: `${name} was not asked in all of this time.` })
      else if (last !== '1') notes.push({ kind: 'missing', text: `${name} does not answer now; it did ${percent(share)} of the time.` })
      else if (Number(share) < 0.99)
        notes.push({ kind: 'missing', text: `${name} did not answer ${percent(1 - Number(share))} of the time.` })
    }
  } catch (error) {
    notes.push({ kind: 'failed', text: `Which targets answer is not known: ${toFailure(error).message}` })
  }
  return notes
}

const percent = (share: number | string) => `${Math.round(Number(share) * 1000) / 10} %`

/** Pictures of all boards, one query after the other: a Pi answers them beside its own work. `tell` hears which is asked for. */
export async function partsOf(
  boards: readonly Board[],
  span: Span,
  ask: AsksApi,
  tell: (done: number, of: number) => void = () => {},
): Promise<readonly Part[]> {
  const all = boards.reduce((sum, { panels }) => sum + panels.length, 0)
  const parts: Part[] = []
  let done = 0
  for (const { title, panels } of boards) {
    const pictures: Picture[] = []
    for (const panel of panels) {
      tell(done, all)
      pictures.push(await pictureOf(panel, span, ask))
      done++
    }
    parts.push({ title, pictures })
  }
  return parts
}
