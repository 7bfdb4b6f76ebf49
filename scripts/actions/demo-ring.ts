import type { Fleet } from '../../engine/inventory/types.ts'
import * as lab from '../../lab/index.ts'
import { nodesOf, weightsOf } from '../../roles/cassandra/nodes.ts'
import { parseStatus, stateText } from '../../roles/cassandra/ring/index.ts'
import { percent, targetsOf } from '../../roles/cassandra/tokens/index.ts'
import { cassandraVars } from '../../roles/cassandra/vars.ts'

/** Each node of the ring: what its weight asks for and what it owns, as its first node sees it. */
export async function ringRows(fleet: Fleet): Promise<(string | number)[][]> {
  const [first] = nodesOf(fleet)
  if (!first) return []
  const { keyspace, replication } = cassandraVars.parse(first.vars['cassandra'] ?? {})
  const { stdout } = await lab.exec(fleet, first.name, ['nodetool', 'status', keyspace])
  const weights = weightsOf(fleet)
  const { parts } = targetsOf(weights, replication)
  return parseStatus(stdout)
    .map(node => {
      const host = nodesOf(fleet).find(({ address }) => address === node.address)
      const part = host && parts.get(host.name)
      return [
        host?.name ?? node.address,
        host?.model ?? '',
        (host && weights[host.name]) ?? '–',
        part === undefined ? '–' : percent(Number(part) / 2 ** 64),
        node.owns === undefined ? '–' : percent(node.owns),
        node.tokens,
        stateText(node),
      ]
    })
    .sort(([a], [b]) => String(a).localeCompare(String(b)))
}
