import type { Journal } from './journal.ts'

/** Who is at work right now, and at what. */
export function atWork(locked: ReadonlyMap<string, string>, journal: Journal | undefined): string {
  const owners = [...new Set(locked.values())]
  const step = journal?.steps[journal.at]
  const what = step
    ? `, at step ${(journal?.at ?? 0) + 1} of ${journal?.steps.length}: ${step.node}: ${step.state}`
    : ` on ${[...locked.keys()].join(', ')}`
  return `${owners.join(' and ')} ${owners.length === 1 ? 'is' : 'are'} at work right now${what}`
}
