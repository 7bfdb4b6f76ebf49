/**
 * Ownership as the server counts it, written without anything of the planner so that each can be held against the other.
 * Within one rack SimpleStrategy and NetworkTopologyStrategy agree: a key is kept by the first `factor` distinct nodes
 * found clockwise from its token.
 */
export function ownership(
  ring: readonly { readonly name: string; readonly tokens: readonly bigint[] }[],
  factor = 1,
): ReadonlyMap<string, number> {
  const owners = new Map<bigint, string>()
  for (const node of ring)
    for (const token of node.tokens) {
      if (owners.has(token)) throw new Error(`token ${token} is held by ${owners.get(token)} and ${node.name}`)
      owners.set(token, node.name)
    }
  const sorted = BigInt64Array.from(owners.keys()).sort()
  const kept = new Map(ring.map(node => [node.name, 0n]))
  const copies = Math.min(factor, ring.filter(node => node.tokens.length > 0).length)
  sorted.forEach((token, index) => {
    const width = index > 0 ? token - (sorted[index - 1] as bigint) : 2n ** 64n - ((sorted.at(-1) as bigint) - token)
    const replicas = new Set<string>()
    for (let step = index; replicas.size < copies; step++) replicas.add(owners.get(sorted[step % sorted.length] as bigint) as string)
    for (const name of replicas) kept.set(name, (kept.get(name) as bigint) + width)
  })
  return new Map([...kept].map(([name, width]) => [name, Number(width) / 2 ** 64]))
}
