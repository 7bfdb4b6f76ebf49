import * as z from 'zod'
import { withPort } from '../../../engine/inventory/address.ts'
import type { Fleet, Host } from '../../../engine/inventory/types.ts'
import type { Scenario } from '../../../lab/scenario/schema.ts'
import type { collectorVars } from '../../../roles/collector/vars.ts'

/** An agent whose readings can be counted, for their notes are their numbers. */
export interface Agent {
  readonly host: Host
  readonly port: number
  /** What it calls the store. */
  readonly backend: string
}

/** Where agents send what is counted in a store: Flink has its readings from Kafka. */
const sentTo = (store: Scenario['store']): Agent['backend'] => (store === 'flink' ? 'kafka' : store)

/**
 * The producers that send to a kind of store and number their readings. One whose variables name no backend sends to each store that there
 * is.
 */
export function producersOf(fleet: Fleet, store: Scenario['store']): readonly Agent[] {
  const backend = sentTo(store)
  const isThere = fleet.hosts.some(({ roles }) => roles.includes(backend))
  return fleet.hosts.flatMap(host => {
    if (!host.roles.includes('collector')) return []
    const { note, backends, metricsPort } = host.vars['collector'] as z.output<typeof collectorVars>
    if (note !== '{sequence}' || !(backends ? backends.includes(backend) : isThere)) return []
    return [{ host, port: metricsPort, backend }]
  })
}

const queueSchema = z.object({ last: z.number().optional(), backends: z.array(z.object({ name: z.string(), length: z.number() })) })

/** What an agent has taken, and what of it its store did not acknowledge; undefined where it does not answer. */
export async function askQueue({ host, port, backend }: Agent): Promise<{ readonly taken: number; readonly waiting: number } | undefined> {
  try {
    const answer = await fetch(`http://${withPort(host.address, port)}/queue`, { signal: AbortSignal.timeout(3000) })
    const { last = 0, backends } = queueSchema.parse(await answer.json())
    const own = backends.find(({ name }) => name === backend)
    return own && { taken: last, waiting: own.length }
  } catch {
    return undefined
  }
}
