import { Failed } from '../errors.ts'
import type { Clock } from './clock.ts'
import type { OnOperation } from './events.ts'
import { isOver, type Journal } from './journal.ts'
import { finish, keep, type Keeping } from './keeping.ts'
import type { Operation } from './kind.ts'
import type { Step } from './step.ts'

export interface CarryOutOptions<A extends object, S extends Step> extends Keeping {
  readonly clock: Clock
  readonly on: OnOperation
  /** Aborted: ends at the next look at a host. What runs there goes on. */
  readonly stop?: AbortSignal
  /**
   * Looks at what is there, and takes a step of the journal from there; a step that is done already is none. What it gives is written
   * down with the step. `progress` ends it where a person stopped the run: call it at each look.
   */
  take(step: S, journal: Journal<A, S>, progress: (text: string) => void): Promise<Partial<A> | undefined>
}

/**
 * Takes the steps of a journal from where it is to its end, and writes down each before the next begins.
 * @throws Failed where a step cannot be taken; the journal then stands at it
 */
export async function carryOut<A extends object, S extends Step>(
  journal: Journal<A, S>,
  operation: Operation<A, S>,
  options: CarryOutOptions<A, S>,
): Promise<void> {
  const { on, stop, clock } = options
  let state = journal
  await keep(state, options)
  const of = state.steps.length
  while (!isOver(state)) {
    const step = state.steps[state.at] as S
    const { node } = step
    const position = { step: state.at + 1, of, state: step.state, node }
    on({ event: 'step', ...position, does: operation.meaningOf(step) })
    const began = clock.now()
    let last = ''
    const learned = await options.take(step, state, text => {
      if (stop?.aborted) throw stopped(operation)
      if (text !== last) on({ event: 'progress', node, text })
      last = text
    })
    state = { ...state, ...learned, at: state.at + 1 }
    // The last one is told by `finish`, which must be heard everywhere.
    if (!isOver(state)) await keep(state, options)
    on({ event: 'done', ...position, seconds: (clock.now() - began) / 1000 })
    if (stop?.aborted && !isOver(state)) throw stopped(operation)
  }
  await finish(state, options, operation)
}

function stopped({ command, of, goesOn }: Pick<Operation, 'command' | 'of' | 'goesOn'>): Failed {
  if (goesOn !== undefined) return new Failed({ message: 'stopped', hint: `${goesOn} goes on` })
  return new Failed({
    message: 'stopped',
    hint: `what a node is at goes on there; \`${command} --resume\` goes on, \`${command} --abort\` says how the ${of} stands`,
  })
}
