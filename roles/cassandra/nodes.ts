import { familyOf, isNearOnly, spelled } from '../../engine/inventory/address.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { findModel } from '../../engine/inventory/models.ts'
import { Failed } from '../../engine/errors.ts'
import type { Weights } from './tokens/index.ts'
import { cassandraVars } from './vars.ts'

/** Is the host to be a node of the ring? */
export function isNode(host: Host): boolean {
  return host.roles.includes('cassandra')
}

/** Hosts of the fleet that are nodes of the ring, in the inventory's order: the first starts the ring, others join it. */
export function nodesOf(fleet: Fleet): Host[] {
  return fleet.hosts.filter(isNode)
}

/**
 * Whom a node asks for the ring when it starts: up to two nodes that stand before it in the inventory. Never itself, for a seed
 * joins without data; only the first node has nobody else to name.
 */
export function seedsOf(host: Host, fleet: Fleet): string[] {
  const all = nodesOf(fleet)
  const before = all.slice(
    0,
    Math.max(
      0,
      all.findIndex(other => other.name === host.name),
    ),
  )
  return (before.length ? before.slice(0, 2) : [host]).map(other => spelled(other.address))
}

/**
 * 4 or 6: of what family the addresses of a ring are, as far as the inventory gives them by number; none where all are names.
 * @throws {Failed} where nodes could not reach each other: both families, or an address that only its own machine or cable knows
 */
export function ringFamily(fleet: Fleet): 4 | 6 | undefined {
  const all = nodesOf(fleet)
  const of = (family: 4 | 6) => all.filter(({ address }) => familyOf(address) === family)
  const [four, six] = [of(4), of(6)]
  const told = (hosts: readonly Host[]) => hosts.map(({ name, address }) => `${name} ${address}`).join(', ')
  if (four.length && six.length)
    throw new Failed({
      message: `the nodes of a ring reach each other by IPv4 or by IPv6, not by both: ${told(four)}, but ${told(six)}`,
      hint: 'give all of them addresses of one kind in the inventory',
    })
  const near = all.filter(({ address }) => isNearOnly(address))
  if (all.length > 1 && near.length)
    throw new Failed({
      message: `other nodes of the ring do not reach ${told(near)}: such an address is known to one machine or one cable only`,
      hint: 'give an address of the network in the inventory',
    })
  return four.length ? 4 : six.length ? 6 : undefined
}

/** Weights of all nodes: from the inventory, or what their model does. */
export function weightsOf(fleet: Fleet): Weights {
  return Object.fromEntries(
    nodesOf(fleet).map(host => [
      host.name,
      cassandraVars.parse(host.vars['cassandra'] ?? {}).weight ?? findModel(host.model ?? '')?.cpu ?? 10,
    ]),
  )
}
