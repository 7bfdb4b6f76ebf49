import type { Producer } from 'kafkajs'
import { classifyKafkaError } from '../backends/kafka/errors.ts'
import type { Failure } from '../backends/backend.ts'
import { backoff, pause } from '../backoff.ts'
import { Stopped } from '../delivery.ts'
import { clientOf, ended, type Source } from './connection.ts'
import { letterOf } from './letters.ts'
import type { SourceRecord } from './records.ts'

/** Keeps records that can never be stored. */
export interface Cemetery {
  /** Resolves when the brokers have it; tries for as long as that takes. @throws {Stopped} where `drain` aborts before */
  bury(record: SourceRecord, reason: { readonly code: string; readonly message: string }, drain: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** The topic of dead letters. `failed` is told of each try that came to nothing. */
export function cemetery(source: Source, failed: (failure: Failure, retryIn: number) => void): Cemetery {
  let producer: Producer | undefined

  async function connected(): Promise<Producer> {
    if (producer) return producer
    const { default: driver } = await import('kafkajs')
    const made = (await clientOf(source)).producer({
      allowAutoTopicCreation: false,
      createPartitioner: driver.Partitioners.DefaultPartitioner,
    })
    try {
      await made.connect()
    } catch (error) {
      await ended(made)
      throw error
    }
    return (producer = made)
  }

  async function send(record: SourceRecord, reason: { readonly code: string; readonly message: string }, whole: boolean): Promise<void> {
    const to = await connected()
    const letter = letterOf(source.topic, record, { ...reason, group: source.group }, whole)
    await to.send({ topic: source.deadLetters, acks: -1, messages: [letter] })
  }

  async function close(): Promise<void> {
    const open = producer
    producer = undefined
    if (open) await ended(open)
  }

  return {
    async bury(record, reason, drain) {
      let whole = true
      for (let failures = 0; ; failures++) {
        try {
          return await send(record, reason, whole)
        } catch (error) {
          const failure = classifyKafkaError(error)
          await close()
          if (drain.aborted) throw new Stopped()
          // Too long with its headers: the record itself stays where it is, and the letter tells where that is.
          if (failure.kind === 'reading' && whole) {
            whole = false
            continue
          }
          const wait = backoff(failure.kind, failures)
          failed(failure, wait)
          await pause(wait, drain)
        }
      }
    },
    close,
  }
}
