import { along, minToken, ringSize, type Ring, type Weights } from './ring.ts'
import { targetsOf } from './targets.ts'

/**
 * Tokens for a whole fleet at once, exact for its replication factor and for factor 1.
 *
 * The ring is cut into stretches, each with the set of nodes that keep it. The sets come from the wrap-around rule for
 * `copies` machines: nodes are laid end to end over `copies` rows, each as long as its share, so that no column meets a
 * node twice. A stretch ends in one token of each of its nodes, side by side: seen from anywhere in it the next distinct
 * nodes are just these. The pattern repeats with the order in the sets turned by one each time, so that each node is as
 * often the first and the last of its sets: the first decides ownership at factor 1, the last is whom a joiner relieves.
 */
export function layout(weights: Weights, factor = 1): Ring {
  const { parts, copies } = targetsOf(weights, factor)
  const repeats = copies * Math.max(1, Math.ceil(8 / (copies * copies)))
  const length = ringSize / BigInt(repeats)
  const order = [...parts].sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1))
  const tokens = new Map(order.map(([name]) => [name, [] as bigint[]]))

  // Where each node lies within a repeat: [from, to) on the rows laid end to end.
  const rows = BigInt(copies) * length
  let laid = 0n
  const spans = order.map(([name, part], index) => {
    const from = laid
    laid = index === order.length - 1 ? rows : laid + part / BigInt(repeats)
    return { name, from, to: laid }
  })
  const cuts = [...new Set([...spans.map(({ to }) => to % length), 0n])].sort((a, b) => (a < b ? -1 : 1))
  const least = BigInt(copies) + 2n ** 20n
  for (let repeat = 0; repeat < repeats; repeat++) {
    cuts.forEach((cut, index) => {
      const end = cuts[index + 1] ?? length
      if (end - cut < least) return
      const set = spans.filter(({ from, to }) => covers(from, to, cut, length)).map(({ name }) => name)
      set.forEach((_, position) => {
        const name = set[(position + repeat) % set.length] as string
        tokens.get(name)?.push(along(minToken, BigInt(repeat) * length + end - BigInt(copies) + BigInt(position)))
      })
    })
  }
  return [...tokens].map(([name, list]) => ({ name, tokens: list.sort((a, b) => (a < b ? -1 : 1)) }))
}

// Is the column at `cut` within the span on any of the rows?
function covers(from: bigint, to: bigint, cut: bigint, length: bigint): boolean {
  const row = from / length
  return [row, row + 1n].some(at => from <= at * length + cut && at * length + cut < to)
}
