import type { Return } from './backups.ts'
import type { Journal, State, Step } from './operation.ts'

/** What is to be done for a host; `image`: its card is to be written first. */
export function stepsOf(
  host: string,
  { image, returns }: { readonly image: boolean; readonly returns: readonly Return[] },
): readonly Step[] {
  const wanted: readonly [State, boolean][] = [
    ['image', image],
    ['card', true],
    ['numbers', returns.some(({ seeds }) => seeds.length > 0)],
    ['provision', true],
    ['restore', returns.some(({ steps }) => steps.length > 0)],
    ['revoke', true],
    ['look', true],
  ]
  return wanted.flatMap(([state, is]) => (is ? [{ state, node: host }] : []))
}

/**
 * Where a run that was cut off goes on, by the card that answers now; undefined: nothing answers. An empty card behind the step that takes
 * one is another card: it is taken, and all after that is done again.
 */
export function resumedAt({ steps, at }: Pick<Journal, 'steps' | 'at'>, card: 'ours' | 'empty' | undefined): number {
  const takes = steps.findIndex(({ state }) => state === 'card')
  return card === 'empty' && at > takes ? takes : at
}
