import type { LossContext } from '../../engine/role.ts'
import type { Shell } from '../../engine/resources/index.ts'
import { spelled } from '../../engine/inventory/address.ts'
import { nodesOf } from './nodes.ts'
import { asksNode, asksStatus } from './ring/ask.ts'
import { parseStatus, type NodeSeen } from './ring/status.ts'
import { percent } from './tokens/index.ts'
import type { CassandraVars } from './vars.ts'

const estimate = /"number_of_partitions_estimate"\s*:\s*(\d+)/

/** Prints the ring, and how many readings this node has. */
export const asksShare = ({ keyspace, table }: Pick<CassandraVars, 'keyspace' | 'table'>): Shell =>
  `${asksNode}\n${asksStatus(keyspace)}; printf '\\035'; ask tablestats -F json ${keyspace}.${table}`

/** What one node answered. */
export interface Share {
  readonly sees: readonly NodeSeen[]
  /** Readings it has, as it estimates; each is a partition of its own. */
  readonly readings: number | undefined
}

/** Reads what `asksShare` printed. */
export function readShare(output: string): Share {
  const [ring = '', table = ''] = output.split('\u001d')
  const found = estimate.exec(table)?.[1]
  return { sees: parseStatus(ring), readings: found === undefined ? undefined : Number(found) }
}

/**
 * What is lost with the card of the node at `address`, by what the others tell. Pure. With one copy it is what that node owned; how many
 * readings that were is worked out from how many the others have of their own parts, for a hash spreads them evenly.
 */
export function lossOf(address: string, replication: number, others: ReadonlyMap<string, Share | undefined>): readonly string[] {
  if (others.size === 0) return ['it was the only node of the ring: all readings in it are lost']
  const answers = [...others.values()].flatMap(share => share ?? [])
  const silent = [...others].flatMap(([name, share]) => (share ? [] : [name]))
  const unheard = silent.length > 0 ? [`${silent.join(', ')} ${silent.length === 1 ? 'does' : 'do'} not answer`] : []
  const owns = answers.flatMap(({ sees }) => sees.find(node => node.address === spelled(address))?.owns ?? [])[0]
  if (replication > 1) return [...unheard, `nothing is lost: there are ${replication} copies of each reading, and a repair follows`]
  if (owns === undefined)
    return [...unheard, 'with one copy of each reading, what only that card held is lost: nobody says how much that was']
  const known = answers.flatMap(({ readings }) => readings ?? [])
  const counted = known.length === others.size && owns < 1
  const lost = Math.round((known.reduce((sum, each) => sum + each, 0) * owns) / (1 - owns))
  return [
    ...unheard,
    `with one copy of each reading, what only that card held is lost: ${percent(owns)} of all${counted ? `, about ${lost} readings` : ''}`,
  ]
}

/** The same, asked of all other nodes. */
export async function loses({ host, fleet, vars, ask }: LossContext<CassandraVars>): Promise<readonly string[]> {
  const others = nodesOf(fleet).filter(({ name }) => name !== host.name)
  const answers = await Promise.all(
    others.map(async other => {
      const said = await ask(other, asksShare(vars))
      const share = said === undefined ? undefined : readShare(said)
      return [other.name, share && share.sees.length > 0 ? share : undefined] as const
    }),
  )
  return lossOf(host.address, vars.replication, new Map(answers))
}
