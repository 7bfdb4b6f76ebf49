import { ringSize, type Weights } from './ring.ts'

/** What each node can be given, as a part of the ring; the sum is the ring times the copies. */
export interface Targets {
  readonly parts: ReadonlyMap<string, bigint>
  /** Nodes whose weight asks for more than all the data: each holds a copy of everything and cannot hold two. */
  readonly capped: readonly string[]
  /** Copies there really are: never more than nodes. */
  readonly copies: number
}

/**
 * Water-filling: shares in proportion to the weights, but nobody above 100 %; what a full node cannot take goes to the others
 * in proportion to theirs.
 */
export function targetsOf(weights: Weights, factor: number): Targets {
  const names = Object.keys(weights)
  for (const name of names)
    if (!(Number.isFinite(weights[name]) && (weights[name] as number) > 0))
      throw new Error(`the weight of ${name} must be a number above 0, not ${weights[name]}`)
  // Weights as whole numbers, so that parts add up exactly.
  const whole = new Map(names.map(name => [name, BigInt(Math.max(1, Math.round((weights[name] as number) * 1e9)))]))
  const copies = Math.min(factor, names.length)
  const parts = new Map<string, bigint>()
  let open = [...names].sort((a, b) => Number((whole.get(b) as bigint) - (whole.get(a) as bigint)) || (a < b ? -1 : 1))
  let left = BigInt(copies) * ringSize
  const full: string[] = []
  for (;;) {
    const sum = open.reduce((total, name) => total + (whole.get(name) as bigint), 0n)
    const over = open.filter(name => (whole.get(name) as bigint) * left >= sum * ringSize)
    if (over.length === 0 || left === 0n) {
      open.forEach((name, index) => {
        const rest = index === open.length - 1
        const part = rest
          ? left - open.slice(0, -1).reduce((total, other) => total + (parts.get(other) as bigint), 0n)
          : (left * (whole.get(name) as bigint)) / sum
        parts.set(name, part)
      })
      break
    }
    for (const name of over) parts.set(name, ringSize)
    full.push(...over)
    left -= BigInt(over.length) * ringSize
    open = open.filter(name => !over.includes(name))
    if (open.length === 0) break
  }
  return { parts, copies, capped: copies > 1 ? full : [] }
}
