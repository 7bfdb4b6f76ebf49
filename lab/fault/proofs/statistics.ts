/**
 * Probability of exactly `k` hits of `n` that each come with probability `p`, by the binomial distribution. Logarithms, for n! of a few
 * hundred is beyond any number here.
 */
function binomial(k: number, n: number, p: number): number {
  if (p <= 0 || p >= 1) return k === (p <= 0 ? 0 : n) ? 1 : 0
  let log = k * Math.log(p) + (n - k) * Math.log1p(-p)
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i)
  return Math.exp(log)
}

/** Fewest and most hits of `n` that are still believable at that probability: what lies beyond either has a chance below `doubt`. */
export function interval(n: number, p: number, doubt = 0.001): readonly [least: number, most: number] {
  let [below, least] = [0, 0]
  while (least < n && below + binomial(least, n, p) < doubt) below += binomial(least++, n, p)
  let [above, most] = [0, n]
  while (most > 0 && above + binomial(most, n, p) < doubt) above += binomial(most--, n, p)
  return [least, most]
}

/** How many tries it takes so that not a single hit would be beyond belief. */
export function triesFor(p: number, doubt = 0.001): number {
  return Math.ceil(Math.log(doubt) / Math.log1p(-p))
}

/** The value below which lies that share of them; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}
