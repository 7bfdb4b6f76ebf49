import type { TopicKept } from './topics.ts'
import { ruleText, type Rule } from './words.ts'

/** One change that brings something back; see `Change`. */
export type Restore =
  | { readonly makeTopic: string; readonly places: readonly (readonly number[])[]; readonly configs: Readonly<Record<string, string>> }
  | { readonly allow: readonly Rule[] }

/** What was kept of a cluster. */
export interface Kept {
  readonly topics: readonly TopicKept[]
  readonly rules: readonly Rule[]
}

/**
 * What makes a cluster have again what was kept of it. Pure. What is there stays as it is: a topic with other settings, too. A partition
 * whose brokers are not all there any more goes to others, as many as there are.
 */
export function restores(
  { topics, rules }: Kept,
  seen: { readonly brokers: readonly number[]; readonly topics: readonly string[]; readonly rules: readonly Rule[] },
): readonly Restore[] {
  const there = new Set(seen.rules.map(ruleText))
  const missing = rules.filter(rule => !there.has(ruleText(rule)))
  return [
    ...topics
      .filter(({ name }) => !seen.topics.includes(name))
      .map(({ name, places, configs }) => ({
        makeTopic: name,
        places: places.map((brokers, index) => placeIn(seen.brokers, brokers, index)),
        configs,
      })),
    ...(missing.length > 0 ? [{ allow: missing }] : []),
  ]
}

function placeIn(all: readonly number[], wanted: readonly number[], index: number): readonly number[] {
  const stay = wanted.filter(id => all.includes(id))
  const others = all.filter(id => !stay.includes(id))
  const turned = others.map((_, at) => others[(at + index) % others.length] as number)
  return [...stay, ...turned].slice(0, Math.min(wanted.length, all.length))
}
