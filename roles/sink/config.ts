import type { SinkConfig } from '../../collector/sink/config.ts'
import { Failed } from '../../engine/errors.ts'
import { spelled } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { Offered, OfferedBy } from '../../engine/offer.ts'
import { brokers, mqttBrokers, readings } from '../offers.ts'
import { groupOf, type SinkVars } from './vars.ts'

/** Where a sink has the certificate of the fleet's CA. */
export const caFile = '/etc/sink/ca.pem'

/** Where it has its own, with its key, for brokers that know it by that. */
export const certificateFile = '/etc/sink/own.pem'

/** What a sink is to do, and the secrets its passwords are, by the file each is in. */
export interface Task {
  /** Without these it can do nothing: the brokers, and the store. */
  readonly needs: readonly Pick<Offered<unknown>, 'host' | 'role'>[]
  readonly config: SinkConfig
  readonly passwords: Readonly<Record<string, string>>
  /** The subject of the certificate that it needs; absent: it needs none. */
  readonly subject?: string
}

/** From the brokers of the fleet to the store that the variables name. @throws {Failed} where there is no such thing */
export function taskOf(host: Host, offered: OfferedBy, vars: SinkVars): Task {
  const { to, store, batch, listen, metricsPort } = vars
  const source = vars.from === 'kafka' ? fromKafka(host, offered, vars) : fromMqtt(host, offered, vars)
  const found = offered(readings).find(each => each.value.kind === to && (store === undefined || each.host.name === store))
  const nowhere = store === undefined ? 'no host of the fleet stores readings' : `the host ${store} stores no readings`
  if (!found?.value.sink)
    throw missing(
      host,
      found ? `no sink brings readings to ${to}` : `${nowhere} in ${to}`,
      'correct the variables `to` and `store` of the role sink, or give a host of the inventory a role that stores readings',
    )
  const target = found.value.sink.backend(host, caFile)
  return {
    needs: [...source.needs, found],
    config: { from: source.from, to: { ...target, batch }, metrics: { address: listen ?? spelled(host.address), port: metricsPort } },
    passwords: { ...source.passwords, [target.passwordFile]: found.value.sink.secret(host) },
    ...(source.subject !== undefined && { subject: source.subject }),
  }
}

/** Where a sink takes readings from, and what it needs for that. */
interface From extends Pick<Task, 'needs' | 'passwords' | 'subject'> {
  readonly from: SinkConfig['from']
}

function fromKafka(host: Host, offered: OfferedBy, vars: SinkVars): From {
  const cluster = offered(brokers)
  const [first] = cluster
  if (!first) throw missing(host, 'no host of the fleet is a broker', 'give a host the role kafka, or say `from: mqtt`')
  const login = first.value.sink(host)
  const passwordFile = 'kafka-password'
  return {
    needs: cluster,
    from: {
      type: 'kafka',
      hosts: cluster.map(({ value }) => value.address),
      user: login.user,
      passwordFile,
      topic: first.value.topic,
      group: groupOf(vars),
      tls: { ca: caFile, names: cluster.map(({ host: { address } }) => spelled(address)) },
    },
    passwords: { [passwordFile]: login.secret },
  }
}

function fromMqtt(host: Host, offered: OfferedBy, { broker }: SinkVars): From {
  const found = offered(mqttBrokers).find(each => broker === undefined || each.host.name === broker)
  const nowhere = broker === undefined ? 'no host of the fleet is a broker of MQTT' : `the host ${broker} is no broker of MQTT`
  if (!found) throw missing(host, nowhere, 'give a host the role mosquitto, or correct the variables `from` and `broker` of the role sink')
  return { needs: [found], from: found.value.from(host, caFile, certificateFile), passwords: {}, subject: found.value.sink(host) }
}

const missing = (host: Host, why: string, hint: string): Failed =>
  new Failed({ message: `the sink of ${host.name} has nothing to do: ${why}`, hint })
