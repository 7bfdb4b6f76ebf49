import type { Fleet } from '../../engine/inventory/types.ts'
import { asksPage, listenOf } from '../../engine/listen.ts'
import type { OfferedBy } from '../../engine/offer.ts'
import type { Shell } from '../../engine/resources/index.ts'
import { metrics } from '../offers.ts'

/** Prints the agent's metrics and its health, asked on its own Pi: at its address in the inventory, else at the loopback. */
export function asksAgent({ hosts }: Fleet, offered: OfferedBy, name: string): Shell {
  const host = hosts.find(each => each.name === name)
  const agent = offered(metrics).find(each => each.host.name === name && each.value.job === 'collector')
  if (!host || !agent) return 'false'
  const at = (path: string) =>
    [listenOf(host, undefined), listenOf(host, '127.0.0.1')].map(
      listen => `( ${asksPage(listen, agent.value.port, path, 10)} ) 2>/dev/null`,
    )
  return ['/metrics', '/healthz'].map(path => at(path).join(' || ')).join('\necho\n')
}
