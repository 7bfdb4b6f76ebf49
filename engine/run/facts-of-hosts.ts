import { parseFacts, type Facts } from '../facts.ts'
import type { Fleet, Host } from '../inventory/types.ts'
import type { HostFailure } from './events.ts'
import { toFailure } from './failure.ts'
import { opener, type OpenOptions } from './open.ts'
import { secretsFor } from './provision.ts'

/** Asks hosts for their facts; each answers or fails on its own. */
export async function factsOfHosts(fleet: Fleet, hosts: readonly Host[], options: Omit<OpenOptions, 'secrets'>): Promise<ReadonlyMap<string, { facts: Facts } | { failure: HostFailure }>> {
  const open = opener(fleet, { ...options, secrets: secretsFor(fleet, true) })
  const answers = await Promise.all(hosts.map(async (host): Promise<[string, { facts: Facts } | { failure: HostFailure }]> => {
    try {
      const session = await open(host)
      try {
        return [host.name, { facts: parseFacts(session.facts) }]
      } finally {
        await session.close()
      }
    } catch (error) {
      return [host.name, { failure: toFailure(error) }]
    }
  }))
  return new Map(answers)
}
