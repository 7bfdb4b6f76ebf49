import { readingsOf } from '../../backends/mqtt/message.ts'
import type { Reading } from '../../reading.ts'
import { textOf, whyNot, type NoReading } from '../records.ts'

/** A message as the broker gave it. */
export interface Message {
  readonly topic: string
  readonly payload: Buffer
}

/**
 * The readings a message holds, or why it holds none. What stands in the topic for the place is whom the broker let publish there: readings
 * of another place are a lie. `filter` has one `+`, where the place is.
 */
export function readingsIn({ topic, payload }: Message, filter: string): readonly Reading[] | NoReading {
  let readings: readonly Reading[]
  try {
    readings = readingsOf(textOf(payload, 'message'))
  } catch (error) {
    return { code: 'NOT_A_READING', message: whyNot(error).replaceAll(/\s+/g, ' ') }
  }
  const place = placeIn(topic, filter)
  const other = place === undefined ? undefined : readings.find(({ location }) => location !== place)
  if (!other) return readings
  return { code: 'OF_ANOTHER_PLACE', message: `${topic} brought a reading of ${JSON.stringify(other.location)}` }
}

/** What stands in a topic where a filter has its `+`. */
function placeIn(topic: string, filter: string): string | undefined {
  const at = filter.split('/').indexOf('+')
  return at === -1 ? undefined : topic.split('/')[at]
}
