import { withPort } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { MqttBroker, ReadingStore } from '../offers.ts'
import { allReadings, topicOf } from '../producer-policy.ts'
import { sinkName } from './names.ts'
import type { MosquittoVars } from './vars.ts'

/** The broker as somewhere to send readings: a producer is known by its certificate. */
export function store(host: Host, { port }: Pick<MosquittoVars, 'port'>): ReadingStore {
  return {
    kind: 'mqtt',
    tls: true,
    certificate: true,
    backend: ({ name }, ca, certificate) => ({
      type: 'mqtt',
      hosts: [withPort(host.address, port)],
      certificate,
      tls: { ca, name: host.name },
      thing: name,
      topic: topicOf('{thing}'),
    }),
  }
}

/** The broker as somewhere to take readings from. */
export function source(host: Host, { port, keep }: Pick<MosquittoVars, 'port' | 'keep'>): MqttBroker {
  return {
    sink: ({ name }) => sinkName(name),
    from: ({ name }, ca, certificate) => ({
      type: 'mqtt',
      hosts: [withPort(host.address, port)],
      certificate,
      tls: { ca, name: host.name },
      id: sinkName(name),
      topic: allReadings,
      expiry: keep * 86_400,
    }),
  }
}
