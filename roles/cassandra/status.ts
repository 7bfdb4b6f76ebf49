import type { RoleAnswer } from '../../engine/status.ts'

/** Reads a node's own figures: how many nodes it sees, and what it holds. No JVM is started for it, as `nodetool` would. */
export function readCassandra(output: string): RoleAnswer {
  const value = (name: string) => {
    const found = new RegExp(`^${name} ([\\d.eE+-]+)$`, 'm').exec(output)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const [up, down, load] = [
    value('cassandra_nodes_upendpointcount'),
    value('cassandra_nodes_downendpointcount'),
    value('cassandra_storage_load'),
  ]
  if (up === undefined) return { wrong: ['it runs and does not answer'] }
  return {
    wrong: down ? [`${down} of ${up + down} nodes are down as it sees them: \`nodetool status\``] : [],
    says: [`a ring of ${up + (down ?? 0)}`, ...(load === undefined ? [] : [`holds ${(load / 2 ** 20).toFixed(1)} MiB`])],
  }
}
