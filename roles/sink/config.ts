import type { SinkConfig } from '../../collector/sink/config.ts'
import { Failed } from '../../engine/errors.ts'
import { spelled } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { Offered, OfferedBy } from '../../engine/offer.ts'
import { brokers, readings } from '../offers.ts'
import { groupOf, type SinkVars } from './vars.ts'

/** Where a sink has the certificate of the fleet's CA. */
export const caFile = '/etc/sink/ca.pem'

/** What a sink is to do, and the secrets its passwords are, by the file each is in. */
export interface Task {
  /** Without these it can do nothing: the brokers, and the store. */
  readonly needs: readonly Pick<Offered<unknown>, 'host' | 'role'>[]
  readonly config: SinkConfig
  readonly passwords: Readonly<Record<string, string>>
}

/** From the brokers of the fleet to the store that the variables name. @throws {Failed} where there is no such thing */
export function taskOf(host: Host, offered: OfferedBy, vars: SinkVars): Task {
  const { to, store, batch, listen, metricsPort } = vars
  const cluster = offered(brokers)
  const [first] = cluster
  if (!first) throw missing(host, 'no host of the fleet is a broker', 'give a host the role kafka')
  const found = offered(readings).find(each => each.value.kind === to && (store === undefined || each.host.name === store))
  const nowhere = store === undefined ? 'no host of the fleet stores readings' : `the host ${store} stores no readings`
  if (!found?.value.sink)
    throw missing(
      host,
      found ? `no sink brings readings to ${to}` : `${nowhere} in ${to}`,
      'correct the variables `to` and `store` of the role sink, or give a host of the inventory a role that stores readings',
    )
  const login = first.value.sink(host)
  const target = found.value.sink.backend(host, caFile)
  const passwordFile = 'kafka-password'
  return {
    needs: [...cluster, found],
    config: {
      from: {
        type: 'kafka',
        hosts: cluster.map(({ value }) => value.address),
        user: login.user,
        passwordFile,
        topic: first.value.topic,
        group: groupOf(vars),
        tls: { ca: caFile, names: cluster.map(({ host: { address } }) => spelled(address)) },
      },
      to: { ...target, batch },
      metrics: { address: listen ?? spelled(host.address), port: metricsPort },
    },
    passwords: { [passwordFile]: login.secret, [target.passwordFile]: found.value.sink.secret(host) },
  }
}

const missing = (host: Host, why: string, hint: string): Failed =>
  new Failed({ message: `the sink of ${host.name} has nothing to do: ${why}`, hint })
