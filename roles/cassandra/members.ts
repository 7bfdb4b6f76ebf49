import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { findModel } from '../../engine/inventory/models.ts'
import type { Weights } from './tokens/index.ts'
import { cassandraVars } from './vars.ts'

/** Is the host to be a node of the ring? */
export function isMember(host: Host): boolean {
  return host.roles.includes('cassandra')
}

/** Hosts of the fleet that are nodes of the ring, in the inventory's order: the first starts the ring, others join it. */
export function members(fleet: Fleet): Host[] {
  return fleet.hosts.filter(isMember)
}

/**
 * Whom a node asks for the ring when it starts: up to two nodes that stand before it in the inventory. Never itself, for a seed
 * joins without data; only the first node has nobody else to name.
 */
export function seedsOf(host: Host, fleet: Fleet): string[] {
  const all = members(fleet)
  const before = all.slice(0, Math.max(0, all.findIndex(other => other.name === host.name)))
  return (before.length ? before.slice(0, 2) : [host]).map(other => other.address)
}

/** Weights of all nodes: from the inventory, or what their model does. */
export function weightsOf(fleet: Fleet): Weights {
  return Object.fromEntries(members(fleet).map(host => [host.name, cassandraVars.parse(host.vars['cassandra'] ?? {}).weight ?? findModel(host.model ?? '')?.cpu ?? 10]))
}
