import { size } from '../../../engine/size.ts'

/** Seconds without an answer of the cluster after which a guard is said to be blind. */
const blind = 90

/** Reads a guard's page. Nothing is said where it cannot be read: its unit is looked at besides. */
export function readGuard(output: string): { readonly wrong: readonly string[]; readonly warns: readonly string[] } {
  const value = (name: string) => {
    const found = new RegExp(`^kafka_guard_${name} ([\\d.eE+-]+)$`, 'm').exec(output)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const [free, floor, state, taking, age] = [
    value('free_bytes'),
    value('floor_bytes'),
    value('state'),
    value('taking'),
    value('looked_seconds'),
  ]
  if (free === undefined || floor === undefined) return { wrong: [], warns: ['the guard of its card does not answer'] }
  const numbers = `${size(free)} free, floor ${size(floor)}`
  const others = [...output.matchAll(/^kafka_guard_hold\{broker="(\d+)"\} 2$/gm)].map(([, id]) => id)
  return {
    wrong: [
      ...(state === 2 ? [`its card is full, and the cluster takes nothing: ${numbers}`] : []),
      ...(taking === 0 && state !== 2 ? [`takes nothing, as broker ${others.join(', ')} asked for: its card is full`] : []),
    ],
    warns: [
      ...(state === 1 ? [`producers are slowed down: ${numbers}`] : []),
      ...(age !== undefined && age > blind ? [`the guard of its card has asked the cluster in vain for ${age} s`] : []),
    ],
  }
}
