import { createHash } from 'node:crypto'

/** The secret that a cluster's id is made from: kept by the fleet, so that another fleet of the same name has another cluster. */
export const clusterSecret = 'kafka/cluster'

/**
 * The id of the fleet's cluster: 16 bytes in base64url, as Kafka writes UUIDs. Brokers refuse others of another id. Kafka's own ids never begin with
 * a dash, which its tools would take for an option; neither does this one.
 */
export function clusterId(secret: string): string {
  for (let round = 0; ; round++) {
    const id = createHash('sha256').update(`kafka cluster ${round} ${secret}`).digest().subarray(0, 16).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/**
 * The number of a broker, from 10000 to 99999: computed from its name, so that no order in the inventory changes it, and none is given to another host
 * once its owner has left.
 */
export function nodeIdOf(name: string): number {
  return 10_000 + (createHash('sha256').update(`kafka node ${name}`).digest().readUInt32BE() % 90_000)
}
