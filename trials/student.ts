/**
 * The value below which Student's t lies with probability `p`, for `freedom` degrees of freedom (which need not be whole): found by halving
 * in its distribution, whose integral is the incomplete beta function (Abramowitz and Stegun, 26.7.1 and 26.5.8).
 */
export function quantileOfT(p: number, freedom: number): number {
  if (p < 0.5) return -quantileOfT(1 - p, freedom)
  let [low, high] = [0, 1]
  while (probabilityOfT(high, freedom) < p && high < 1e9) high *= 2
  for (let turn = 0; turn < 80; turn++) {
    const middle = (low + high) / 2
    if (probabilityOfT(middle, freedom) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The chance that Student's t is below `t`, which is not negative. */
function probabilityOfT(t: number, freedom: number): number {
  return 1 - incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
}

/** The regularised incomplete beta function, by its continued fraction. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

/** From its end to its begin: enough terms for fifteen figures where x < (a + 1) / (a + b + 2). */
function fraction(x: number, a: number, b: number): number {
  let value = 1
  for (let m = 200; m >= 1; m--) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m - 1) * (a + b + m - 1) * x) / ((a + 2 * m - 2) * (a + 2 * m - 1))
    value = 1 + odd / (1 + even / value)
  }
  return 1 / value
}

/** ln Γ(x) for x > 0: Stirling's series, above 10 by the recurrence (Abramowitz and Stegun, 6.1.15 and 6.1.41). */
function logGamma(x: number): number {
  if (x < 10) return logGamma(x + 1) - Math.log(x)
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5)
}
