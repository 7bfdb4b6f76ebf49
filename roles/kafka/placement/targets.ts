/** A broker, and its share relative to others. */
export interface Broker {
  readonly id: number
  readonly weight: number
}

/** How many a broker may have: between the two whole numbers around its exact share. */
export interface Share {
  readonly exact: number
  readonly least: number
  readonly most: number
}

// Shares are sums of fractions: what is a whole number but for the last bits of a double is one.
const floor = (value: number) => Math.floor(value + 1e-9)
const ceil = (value: number) => Math.ceil(value - 1e-9)
const around = (exact: number): Share => ({ exact, least: floor(exact), most: ceil(exact) })
const sum = (brokers: readonly Broker[]) => brokers.reduce((total, { weight }) => total + weight, 0)

/** Partitions that each broker is to lead, of `partitions`: in proportion to the weights. */
export function leaderShares(brokers: readonly Broker[], partitions: number): ReadonlyMap<number, Share> {
  const all = sum(brokers)
  return new Map(brokers.map(({ id, weight }) => [id, around((partitions * weight) / all)]))
}

/**
 * Copies of partitions that each broker is to hold, leaders among them, with `copies` of each partition: in proportion to the weights too. No broker holds
 * two copies of a partition: one whose weight asks for more than all partitions gets one of each, and the others share the rest.
 */
export function copyShares(brokers: readonly Broker[], partitions: number, copies: number): ReadonlyMap<number, Share> {
  const shares = new Map<number, Share>()
  const full = new Set<number>()
  for (;;) {
    const rest = brokers.filter(({ id }) => !full.has(id))
    const [all, left] = [sum(rest), copies - full.size]
    const over = rest.filter(({ weight }) => (left * weight) / all > 1 + 1e-12)
    for (const { id } of over) full.add(id)
    if (over.length) continue
    for (const { id, weight } of rest) shares.set(id, around((partitions * left * weight) / all))
    for (const id of full) shares.set(id, around(partitions))
    return shares
  }
}

/** The largest error of the brokers' leader counts, as a part of what each is to lead, when `partitions` are shared out as well as whole numbers allow. */
export function coarseness(brokers: readonly Broker[], partitions: number): number {
  const shares = [...leaderShares(brokers, partitions).values()].map(({ exact }) => ({ exact, whole: floor(exact) }))
  const left = partitions - shares.reduce((total, { whole }) => total + whole, 0)
  // The largest remainders are rounded up.
  const order = [...shares].sort((a, b) => b.exact - b.whole - (a.exact - a.whole))
  return Math.max(...order.map(({ exact, whole }, index) => Math.abs(whole + (index < left ? 1 : 0) - exact) / exact))
}

/** So many at least: a fleet that grows has some to give, and the number of a topic with keys never changes afterwards. */
const leastPartitions = 12
/** More cost memory and files on every broker. */
const mostPartitions = 96

/** The fewest partitions with which each broker's share is within a tenth of what its weight asks for; the best number there is where none is. */
export function partitionsFor(brokers: readonly Broker[]): number {
  const numbers = Array.from({ length: mostPartitions - leastPartitions + 1 }, (_, index) => leastPartitions + index)
  const found = numbers.find(number => coarseness(brokers, number) <= 0.1)
  if (found !== undefined) return found
  return numbers.reduce((best, number) => (coarseness(brokers, number) < coarseness(brokers, best) ? number : best))
}
