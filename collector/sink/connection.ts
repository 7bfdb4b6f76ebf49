import type { Kafka } from 'kafkajs'
import { credentialsOf, kafkaClient } from '../backends/kafka/client.ts'
import type { KafkaFrom } from './config.ts'

/** How a sink comes to its brokers. `password` is asked at every connect, so that a rotated one needs no restart. */
export interface Source extends KafkaFrom {
  readonly password: () => string
}

/** A client of the brokers, not connected yet. @throws what classifyKafkaError knows */
export const clientOf = (source: Source): Promise<Kafka> => kafkaClient(source, credentialsOf(source))

/** Ends something of a client at once, in whatever state it is. Never throws. */
export async function ended(connected: { disconnect(): Promise<void> }, patience = 1000): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([connected.disconnect().catch(() => {}), new Promise<void>(done => (timer = setTimeout(done, patience)))])
  clearTimeout(timer)
}
