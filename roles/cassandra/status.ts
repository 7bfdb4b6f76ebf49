import type { RoleAnswer } from '../../engine/status.ts'
import { percent } from '../shares.ts'
import { versionOf } from '../version.ts'

/**
 * Reads a node's own figures: its release, how many nodes it sees, what it holds, and what it owns beside its `share` by weight. No JVM is
 * started for it, as `nodetool` would.
 */
export function readCassandra(output: string, share: number): RoleAnswer {
  const value = (name: string) => {
    const found = new RegExp(`^${name} ([\\d.eE+-]+)$`, 'm').exec(output)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const [up, down, load, owned] = [
    value('cassandra_nodes_upendpointcount'),
    value('cassandra_nodes_downendpointcount'),
    value('cassandra_storage_load'),
    value('cassandra_owned_ratio'),
  ]
  const version = versionOf(output)
  if (up === undefined) return { wrong: ['it runs and does not answer'] }
  return {
    wrong: down ? [`${down} of ${up + down} nodes are down as it sees them: \`nodetool status\``] : [],
    says: [
      ...(version === undefined ? [] : [`Cassandra ${version}`]),
      `a ring of ${up + (down ?? 0)}`,
      ...(load === undefined ? [] : [`holds ${(load / 2 ** 20).toFixed(1)} MiB`]),
      ...(owned === undefined ? [] : [`owns ${percent(owned)} of all rows, ${percent(share)} by weight`]),
    ],
  }
}
