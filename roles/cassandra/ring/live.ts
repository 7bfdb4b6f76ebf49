import type { Ring } from '../tokens/index.ts'
import type { Member } from './member.ts'
import { stateText, type NodeSeen } from './status.ts'

/** A ring as its members tell it: what `name` each node has in the inventory, by host ID; strangers keep their address. */
export function liveRing(members: ReadonlyMap<string, Member>): Ring {
  const names = new Map([...members].flatMap(([name, { id }]) => (id === undefined ? [] : [[id, name] as const])))
  const teller = [...members.values()].find(({ answers }) => answers)
  if (!teller) return []
  const ring = teller.sees
    .filter(({ state }) => state !== 'joining')
    .flatMap(({ id, address }) => {
      const tokens = teller.tokens.get(id)
      return tokens ? [{ name: names.get(id) ?? address, tokens }] : []
    })
  // In the inventory's order; the server's own is none.
  const order = [...members.keys()]
  return ring.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
}

/** Why the ring is not whole and still, a sentence each; none where it is. `but`: a node that is known to be dead, by its ID. */
export function unrest(members: ReadonlyMap<string, Member>, but?: string): string[] {
  const reasons = new Set<string>()
  const nameOf = (node: NodeSeen) =>
    [...members].find(([, { id, address }]) => id === node.id || address === node.address)?.[0] ?? node.address
  for (const [name, member] of members) {
    if (member.id === undefined) continue
    for (const node of member.sees) {
      if ((node.up && node.state === 'normal') || (node.id === but && !node.up)) continue
      reasons.add(`${nameOf(node)} is ${stateText(node)} (${node.up ? node.state : 'down'}) as ${name} sees it`)
    }
    if (member.schemas.length > 1) reasons.add(`the nodes disagree about the schema as ${name} sees it (${member.schemas.length} versions)`)
  }
  return [...reasons]
}
