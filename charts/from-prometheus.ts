import type { OfferedBy } from '../engine/offer.ts'
import { boardsOf } from '../roles/boards.ts'
import { metrics, type Span } from '../roles/offers.ts'
import type { Report } from './picture.ts'
import { notesOf, partsOf, type AsksApi } from './prometheus.ts'

/** What a source gives to a report. */
export type Told = Pick<Report, 'source' | 'notes' | 'parts'>

/** All that a Prometheus knows of a fleet in a span of time. `name` is the server's, for a person. */
export async function fromPrometheus(
  offered: OfferedBy,
  span: Span,
  { name, ask, tell }: { readonly name: string; readonly ask: AsksApi; tell?(done: number, of: number): void },
): Promise<Told> {
  const offers = offered(metrics)
  const targets = offers.map(({ host, value }) => ({ job: value.job, host: host.name }))
  const notes = await notesOf(targets, span, ask)
  const parts = await partsOf(boardsOf(offers), span, ask, tell)
  return { source: name, notes, parts }
}
