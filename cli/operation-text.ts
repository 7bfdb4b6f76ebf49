import { atWork, type Finding, type Journal, type Operation, type Step } from '../engine/operation/index.ts'
import { colors } from './colors.ts'

/** What was found before anything moves, a text each. */
export function findingTexts(findings: readonly Finding[]): string[] {
  const { red, yellow } = colors(process.stdout)
  return findings.map(({ refuses, what, remedy }) => `${refuses ? red('refused:') : yellow('note:')} ${what}\n  → ${remedy}\n`)
}

/** What stands in the way of beginning: somebody who is at work, or a run that was cut off; a text each. */
export function unfinishedTexts(
  { unfinished, locked }: { readonly unfinished: Journal | undefined; readonly locked: ReadonlyMap<string, string> },
  { name, command }: Pick<Operation, 'name' | 'command'>,
): string[] {
  const { yellow } = colors(process.stdout)
  if (locked.size > 0) return [`${yellow('note:')} ${atWork(locked, unfinished)}\n`]
  if (!unfinished) return []
  const { began, owner, at, steps } = unfinished
  const step = steps[at]
  const by = owner === undefined ? '' : ` by ${owner}`
  const where = `step ${at + 1} of ${steps.length}: ${step?.node ?? ''} ${step?.state ?? ''}`
  return [`${yellow('note:')} a ${name} begun ${began}${by} was cut off at ${where}\n  → ${command} --resume, or ${command} --abort\n`]
}

/** Steps with what each is for and runs. */
export function stepsText<A extends object, S extends Step>(steps: readonly S[], { meaningOf, commandsOf }: Operation<A, S>): string {
  const { dim } = colors(process.stdout)
  const width = String(steps.length).length
  const names = Math.max(...steps.map(({ node }) => node.length))
  const states = Math.max(...steps.map(({ state }) => state.length))
  return steps
    .map((step, index) =>
      [
        `${String(index + 1).padStart(width)}  ${step.node.padEnd(names)}  ${step.state.padEnd(states)}  ${meaningOf(step)}`,
        ...commandsOf(step).map(line => dim(`${' '.repeat(width + names + 4)}$ ${line}`)),
      ].join('\n'),
    )
    .join('\n')
}
