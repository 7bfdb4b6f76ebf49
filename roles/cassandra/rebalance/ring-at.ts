import type { Ring } from '../node/witness.ts'
import type { Journal } from './operation.ts'
import type { Step } from './steps.ts'

/** The nodes of the ring at a step, host IDs by name: who has left and not rejoined is none. Pure. */
export function ringAt({ ids, steps, at }: Pick<Journal, 'ids' | 'steps' | 'at'>): Ring {
  const out = new Set<string>()
  for (const { state, node } of steps.slice(0, at)) {
    if (state === 'decommission') out.add(node)
    if (state === 'join') out.delete(node)
  }
  return new Map(Object.entries(ids).filter(([name]) => !out.has(name)))
}

/** The tokens a node was given for the start it is about to make, or has made. Pure. */
export function tokensAt({ steps, at }: Pick<Journal, 'steps' | 'at'>, node: string): readonly string[] {
  const placed = steps
    .slice(0, at + 1)
    .findLast((step): step is Extract<Step, { state: 'place' }> => step.state === 'place' && step.node === node)
  return placed?.tokens ?? []
}
