import type { TopicSeen } from './topics.ts'
import { healthPrefix } from './words.ts'

/**
 * Partitions that have no leader, or lack a copy that has all of them, a line each. Copies on `leaving` do not count: a broker that is down itself may be
 * started again. Empty: each may do without that broker.
 */
export function notWhole(topics: readonly TopicSeen[], leaving?: number): readonly string[] {
  return topics
    .filter(({ name }) => !name.startsWith(healthPrefix))
    .flatMap(({ name, partitions }) =>
      partitions.flatMap(({ index, leader, replicas, inSync }) => {
        const lacking = replicas.filter(id => id !== leaving && !inSync.includes(id))
        if (lacking.length) return [`${name}-${index} lacks its copy on ${lacking.join(', ')}`]
        return leader < 0 && !replicas.includes(leaving ?? -1) ? [`${name}-${index} has no leader`] : []
      }),
    )
}
