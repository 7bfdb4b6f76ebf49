import { UsageError } from '../../engine/errors.ts'
import { didYouMean } from '../../engine/inventory/nearest.ts'

/** `cassandra2=2,mysql=1` as weights by host name. @throws UsageError naming what is wrong with it */
export function parseWeights(text: string, known: readonly string[]): Readonly<Record<string, number>> {
  const weights: Record<string, number> = {}
  for (const part of text.split(',')) {
    const [name = '', number, more] = part.trim().split('=')
    if (name === '' || number === undefined || more !== undefined)
      throw new UsageError(`--weights: "${part}" is not NAME=NUMBER`, 'e.g. --weights cassandra2=2,mysql=1')
    if (!known.includes(name))
      throw new UsageError(`--weights: there is no node "${name}"`, didYouMean(name, known) ?? `nodes: ${known.join(', ')}`)
    if (!(Number(number) > 0) || !Number.isFinite(Number(number)))
      throw new UsageError(`--weights: ${name} wants a number above 0, not "${number}"`)
    if (name in weights) throw new UsageError(`--weights: ${name} stands there twice`)
    weights[name] = Number(number)
  }
  return weights
}
