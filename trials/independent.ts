import { meanOf } from './mean.ts'

/**
 * How many independent values tell as much of the mean as these do, which follow each other: fewer where neighbours are alike, more where
 * a low one follows a high one. By the initial monotone sequence of autocovariances (C. J. Geyer, Practical Markov chain Monte Carlo,
 * Statistical Science 7, 1992): sums of two that follow each other, as long as they are above zero and do not grow. At least two, at most
 * four times as many as there are.
 */
export function independentIn(values: readonly number[]): number {
  const count = values.length
  const mean = meanOf(values)
  const covariance = (lag: number): number =>
    values.slice(lag).reduce((sum, value, index) => sum + (value - mean) * ((values[index] ?? mean) - mean), 0) / count
  const variance = covariance(0)
  if (count < 4 || variance === 0) return count
  let sum = 0
  for (let lag = 0, before = Infinity; lag + 1 < count; lag += 2) {
    const pair = Math.min(before, covariance(lag) + covariance(lag + 1))
    if (pair <= 0) break
    sum += pair
    before = pair
  }
  const ofMean = 2 * sum - variance
  return ofMean <= variance / 4 ? 4 * count : Math.max(2, (count * variance) / ofMean)
}
