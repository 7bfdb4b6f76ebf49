import { classifyKafkaError } from '../backends/kafka/errors.ts'
import { asking } from './asking.ts'
import { cemetery } from './bury.ts'
import type { Source } from './connection.ts'
import type { OpenFeed } from './feed.ts'
import { goneOf, lagOf, watchLag } from './lag.ts'
import { beMember } from './member.ts'
import { isReading, readingIn, type SourceRecord } from './records.ts'

/** Milliseconds between two looks at the lag. */
const lagEvery = 5000

/** Takes records of a topic of Kafka, as a member of a group. `store`: its name, for a person. */
export function kafkaFeed(source: Source, store: string): OpenFeed<SourceRecord> {
  const { group, topic } = source
  return events => {
    const brokers = asking(source)
    const graves = cemetery(source, events.failed)
    /** By partition, the offset up to which what is gone was told. */
    const told = new Map<number, bigint>()
    function gone(partition: number, start: bigint, end: bigint): void {
      const known = told.get(partition) ?? 0n
      const first = start > known ? start : known
      if (end <= first) return
      told.set(partition, end)
      const which = `records ${first} to ${end - 1n} of partition ${partition} of ${topic}`
      events.gone(Number(end - first), `${which} are gone, and were not stored in ${store}: retention took them`)
    }
    const membership = {
      most: events.most,
      take: events.take,
      joined: ({ length }: readonly number[]) => events.joined(`member of the group ${group}, with ${length} partitions`, length),
      left: events.left,
      gap(partition: number, due: bigint, came: bigint) {
        if (came > due) return gone(partition, due, came)
        events.warn(`partition ${partition} of ${topic} begins again at ${came}, before ${due}: was the topic made anew?`)
      },
    }
    return {
      name: 'kafka',
      place: topic,
      deadLetters: source.deadLetters,
      holds(record) {
        const found = readingIn(record)
        return isReading(found) ? [found] : found
      },
      origin: ({ partition, offset }) => `partition ${partition}, offset ${offset}`,
      bury: (record, _reading, reason, ends) => graves.bury(record, reason, ends),
      run: ends => beMember(source, brokers, membership, ends),
      classify: classifyKafkaError,
      watch: stop =>
        watchLag(
          brokers,
          source,
          lagEvery,
          {
            seen(lags) {
              for (const lag of lags) {
                const range = goneOf(lag)
                if (range) gone(lag.partition, ...range)
              }
              events.lag(new Map(lags.map(lag => [lag.partition, lagOf(lag)])))
            },
            failed: error => events.lag(undefined, classifyKafkaError(error)),
          },
          stop,
        ),
      async close() {
        await Promise.all([graves.close(), brokers.close()])
      },
    }
  }
}
