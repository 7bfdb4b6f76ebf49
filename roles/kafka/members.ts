import { findModel } from '../../engine/inventory/models.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { nodeIdOf } from './identity.ts'
import { kafkaVars, type KafkaVars } from './vars.ts'

/** A host of the fleet that is a broker. */
export interface Member {
  readonly host: Host
  readonly vars: KafkaVars
  /** Its number in the cluster. */
  readonly id: number
  /** It is to be in the quorum that keeps the cluster's metadata. */
  readonly controller: boolean
  /** The share of partitions it is to lead, relative to others. */
  readonly weight: number
}

/** Brokers of the fleet in the inventory's order; the first ones of them are controllers. Whether they can be one cluster tells `refuseCluster`. */
export function members(fleet: Fleet): readonly Member[] {
  const all = fleet.hosts
    .filter(({ roles }) => roles.includes('kafka'))
    .map(host => ({ host, vars: kafkaVars.parse(host.vars['kafka'] ?? {}) }))
  const controllers = all[0]?.vars.controllers ?? (all.length < 3 ? 1 : 3)
  return all.map(({ host, vars }, index) => ({
    host,
    vars,
    id: vars.nodeId ?? nodeIdOf(host.name),
    controller: index < controllers,
    weight: vars.weight ?? findModel(host.model ?? '')?.cpu ?? 10,
  }))
}

/** Weights of all brokers, by host. */
export const weightsOf = (fleet: Fleet): Readonly<Record<string, number>> =>
  Object.fromEntries(members(fleet).map(({ host: { name }, weight }) => [name, weight]))

/** The one that a host is. @throws Error where it is none, which is a defect */
export function memberOf(fleet: Fleet, name: string): Member {
  const found = members(fleet).find(({ host }) => host.name === name)
  if (!found) throw new Error(`${name} is no broker of this fleet`)
  return found
}

/** Copies that must have a reading before it is acknowledged. */
export const minInSync = ({ minInSync, replication }: Pick<KafkaVars, 'minInSync' | 'replication'>): number =>
  minInSync ?? Math.max(1, replication - 1)

/** Copies that Kafka's own topics have: one on each broker, three at most. */
export const copiesOfOwn = (all: readonly Member[]): number => Math.min(3, all.length)
