import type { OfferedBy } from '../engine/offer.ts'
import { producers, readings, type Producer } from './offers.ts'
import { queuesOf } from './sinks.ts'

/** What one producer sends a day. */
export interface Rate {
  readonly location: string
  readonly readings: number
  /** Bytes of the texts that each reading carries. */
  readonly texts: number
}

const day = 24 * 60 * 60 * 1000
/** What `{sequence}` in a note becomes: as long as the number of a reading gets in some years. */
const sequence = '0'.repeat(9)

/**
 * What the producers of a fleet send a day to the store of a kind that is on a host, themselves or through a sink. A producer sends to one store
 * of each kind; what comes both ways is stored once.
 */
export function ratesTo(offered: OfferedBy, kind: string, host: string): readonly Rate[] {
  const stores = offered(readings).filter(({ value }) => value.kind === kind)
  const queues = queuesOf(offered, kind, host)
  const brought = ({ backends = [] }: Producer) => backends.some(each => queues.some(queue => queue === each))
  const of = ({ backends, store }: Producer) =>
    (backends ?? [kind]).includes(kind) ? (stores.find(each => each.host.name === store) ?? stores[0])?.host.name : undefined
  return offered(producers).flatMap(({ value }) =>
    of(value) === host || brought(value)
      ? [
          {
            location: value.location,
            readings: day / value.interval,
            texts: Buffer.byteLength(value.location) + Buffer.byteLength(value.note.replaceAll('{sequence}', sequence)),
          },
        ]
      : [],
  )
}
