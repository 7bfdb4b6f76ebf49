import { operation, type Journal, type Step } from '../../../engine/replace/index.ts'
import type { Work } from './work.ts'

/** What is known before a person is asked. */
export interface Outlook {
  readonly card: 'ours' | 'empty' | undefined
  readonly lost: readonly string[]
  readonly steps: readonly Step[]
  readonly at: number
  readonly left: Journal | undefined
}

/** What is there, which steps come, and what is lost. */
export function outlookText({ host }: Work, { card, lost, steps, at, left }: Outlook): string {
  const answers = { ours: 'the new card answers', empty: 'an empty card answers', none: 'nothing answers' }[card ?? 'none']
  return [
    left
      ? `Goes on with the replacement of ${host.name} begun ${left.began}: ${answers} at ${host.address}.`
      : `${host.name}: ${answers} at ${host.address}.`,
    ...steps.slice(at).map((step, index) => `${String(at + index + 1).padStart(3)}  ${step.state.padEnd(10)} ${operation.meaningOf(step)}`),
    ...lost.map(line => `  ${line}`),
    '',
  ].join('\n')
}
