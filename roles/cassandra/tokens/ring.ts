/** Murmur3 tokens: 64-bit, and the ring closes behind the last. */
export const minToken = -(2n ** 63n)
export const maxToken = 2n ** 63n - 1n
export const ringSize = 2n ** 64n

/** A node and the tokens it holds. */
export interface RingNode {
  readonly name: string
  readonly tokens: readonly bigint[]
}

export type Ring = readonly RingNode[]

/** How much of the data each node shall carry, in any unit. */
export type Weights = Readonly<Record<string, number>>

/** The stretch `(token − size, token]` of the ring, which ends at a token of `owner`. */
export interface Arc {
  readonly owner: string
  readonly token: bigint
  readonly size: bigint
}

/** All arcs in token order. */
export function arcsOf(ring: Ring): Arc[] {
  const points = ring
    .flatMap(({ name, tokens }) => tokens.map(token => ({ owner: name, token })))
    .sort((a, b) => (a.token < b.token ? -1 : 1))
  return points.map((point, index) => {
    const before = points.at(index - 1)?.token ?? point.token
    return { ...point, size: point.token > before ? point.token - before : point.token - before + ringSize }
  })
}

/** Goes along the ring; never lands on the smallest token, which no node may hold. */
export function along(token: bigint, distance: bigint): bigint {
  const to = BigInt.asIntN(64, token + distance)
  return to === minToken ? minToken + 1n : to
}

/** A part of the ring as a number between 0 and 1. */
export function fraction(part: bigint): number {
  return Number(part) / Number(ringSize)
}

/** `33.3 %` */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
