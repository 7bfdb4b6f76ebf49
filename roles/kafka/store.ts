import { spelled } from '../../engine/inventory/address.ts'
import type { ReadingStore } from '../offers.ts'
import { producerAccount } from './cluster/wanted.ts'
import { clientEndpoint } from './config/listeners.ts'
import type { Member } from './members.ts'
import type { KafkaVars } from './vars.ts'

/** The cluster as a store of readings, all of its brokers. */
export function store(members: readonly Member[], { topic }: Pick<KafkaVars, 'topic'>): ReadingStore {
  return {
    kind: 'kafka',
    tls: true,
    secret: producer => producerAccount(producer.name).secret,
    backend: (producer, ca) => ({
      type: 'kafka',
      hosts: members.map(clientEndpoint),
      user: producerAccount(producer.name).user,
      passwordFile: 'kafka-password',
      topic,
      tls: { ca, names: members.map(({ host }) => spelled(host.address)) },
    }),
  }
}
