import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { findModel } from '../../engine/inventory/models.ts'
import { layout, type Weights } from './tokens/index.ts'
import { cassandraVars } from './vars.ts'

/** Hosts of the fleet that are nodes of the ring, in the inventory's order: the first starts the ring, others join it. */
export function members(fleet: Fleet): Host[] {
  return fleet.hosts.filter(host => host.roles.includes('cassandra'))
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

/** Copies there can be of system tables so that a node may still leave: one less than nodes, 3 at most. */
export function systemCopies(fleet: Fleet): number {
  return Math.max(1, Math.min(3, members(fleet).length - 1))
}

/** Weights of all nodes: from the inventory, or what their model does. */
export function weightsOf(fleet: Fleet): Weights {
  return Object.fromEntries(members(fleet).map(host => [host.name, cassandraVars.parse(host.vars['cassandra'] ?? {}).weight ?? findModel(host.model ?? '')?.cpu ?? 10]))
}

/** The tokens a node starts with when nobody of the fleet has started yet. */
export function firstTokens(host: Host, fleet: Fleet, factor: number): readonly bigint[] {
  const tokens = layout(weightsOf(fleet), factor).find(({ name }) => name === host.name)?.tokens
  if (!tokens) throw new Error(`${host.name} is no node of the ring`)
  return tokens
}
