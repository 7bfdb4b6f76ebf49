import type { Admin, Consumer } from 'kafkajs'
import type { Backend } from '../backends/backend.ts'
import { classifyKafkaError } from '../backends/kafka/errors.ts'
import { Problem, sentence } from '../problem.ts'
import type { Reading } from '../reading.ts'
import { clientOf, ended, type Source } from './connection.ts'
import { lastOfEach, readLetter, type Letter } from './letters.ts'
import { impossibleIn, isReading, readingIn } from './records.ts'
import { replayGroup } from './topics.ts'

/** Dead letters that nobody has replayed. */
export interface Pending {
  readonly letters: readonly Letter[]
  /** Those that are there until now were seen to: they are not shown again. */
  pass(): Promise<void>
  close(): Promise<void>
}

/** Milliseconds the topic may take to be read. */
const patience = 60_000

/** Reads the dead letters of a group that were not replayed yet. @throws {Problem} */
export async function pendingLetters(source: Source): Promise<Pending> {
  const { deadLetters: topic, group } = source
  let admin: Admin | undefined
  let consumer: Consumer | undefined
  const close = async (): Promise<void> => {
    for (const each of [admin, consumer]) if (each) await ended(each, 3000)
  }
  try {
    const client = await clientOf(source)
    admin = client.admin()
    await admin.connect()
    const ends = await admin.fetchTopicOffsets(topic)
    const [committed] = await admin.fetchOffsets({ groupId: replayGroup(group), topics: [topic] })
    const passed = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
    const missing = new Map(
      ends.flatMap(({ partition, low, high }) => {
        const from = passed.get(partition) ?? -1n
        return BigInt(high) > (from > BigInt(low) ? from : BigInt(low)) ? [[partition, BigInt(high)] as const] : []
      }),
    )
    const upTo = [...missing].map(([partition, offset]) => ({ topic, partition, offset: String(offset) }))
    if (missing.size === 0) return { letters: [], pass: () => Promise.resolve(), close }
    consumer = client.consumer({ groupId: replayGroup(group), allowAutoTopicCreation: false, maxWaitTimeInMs: 500 })
    const found = await readAll(consumer, topic, missing)
    const reading = consumer
    return { letters: lastOfEach(found, group), pass: () => reading.commitOffsets(upTo), close }
  } catch (error) {
    await close()
    if (error instanceof Problem) throw error
    const { message, remedy } = classifyKafkaError(error)
    throw new Problem(`the topic ${topic} cannot be read: ${message}`, remedy ?? 'look whether the brokers run: `status`')
  }
}

/** Letters of a topic up to these offsets, by partition. */
async function readAll(consumer: Consumer, topic: string, missing: Map<number, bigint>): Promise<readonly Letter[]> {
  const letters: Letter[] = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Problem(`the topic ${topic} was not read within ${patience / 1000} s`, 'does somebody else read it? Try again')),
      patience,
    )
    const end = (settle: () => void): void => {
      clearTimeout(late)
      settle()
    }
    consumer.on(consumer.events.CRASH, ({ payload: { error } }) => end(() => reject(error)))
    consumer
      .run({
        autoCommit: false,
        eachMessage: ({ partition, message }) => {
          const until = missing.get(partition)
          if (until === undefined) return Promise.resolve()
          const letter = readLetter(message)
          if (letter) letters.push(letter)
          if (BigInt(message.offset) + 1n >= until) missing.delete(partition)
          if (missing.size === 0) end(resolve)
          return Promise.resolve()
        },
      })
      .catch((error: unknown) => end(() => reject(error instanceof Error ? error : new Error(sentence(error)))))
  })
  return letters
}

export interface Replayed<Kept> {
  readonly stored: number
  /** Letters that still cannot be stored; they are letters again, with what was said this time. */
  readonly refused: readonly Kept[]
}

interface Why {
  readonly code: string
  readonly message: string
}

/** The readings of a letter of Kafka, or why it has none. */
export function readingsOfLetter(letter: Letter): readonly Reading[] | Why {
  if (letter.cut !== undefined) return { code: letter.code, message: letter.message }
  const holds = readingIn(letter.record)
  return isReading(holds) ? [holds] : holds
}

/**
 * Stores what letters hold; `holds` says what that is. What is still refused is kept anew, by `keep`, before the next is tried.
 * @throws {Problem} where the store is away or refuses us
 */
export async function replay<Kept extends Why>(
  letters: readonly Kept[],
  backend: Backend,
  holds: (letter: Kept) => readonly Reading[] | Why,
  keep: (letter: Kept) => Promise<void> | void,
): Promise<Replayed<Kept>> {
  const refused: Kept[] = []
  await failing(backend, () => backend.connect())
  for (const letter of letters) {
    const why = await refusal(holds(letter), backend)
    if (!why) continue
    const again = { ...letter, code: why.code, message: why.message }
    await keep(again)
    refused.push(again)
  }
  return { stored: letters.length - refused.length, refused }
}

/** Stores readings, or says why they cannot be. */
async function refusal(holds: readonly Reading[] | Why, backend: Backend): Promise<Why | undefined> {
  if ('code' in holds) return holds
  for (const reading of holds) {
    const impossible = impossibleIn(reading)
    if (impossible) return impossible
    try {
      await backend.store([reading])
    } catch (error) {
      const { kind, code, message, remedy } = backend.classify(error)
      if (kind === 'reading') return { code, message }
      throw new Problem(message, remedy ?? 'look whether the store runs; nothing was passed, so run this again')
    }
  }
  return undefined
}

async function failing(backend: Backend, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const { message, remedy } = backend.classify(error)
    throw new Problem(message, remedy ?? 'look whether the store runs; nothing was passed, so run this again')
  }
}
