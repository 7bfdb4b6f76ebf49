import { findingTexts, stepsText, unfinishedTexts } from '../../../cli/operation-text.ts'
import { table } from '../../../cli/table.ts'
import type { Finding } from '../../../engine/operation/index.ts'
import { operation, type Journal, type Step } from './operation.ts'
import type { Answer } from '../answer.ts'

interface Shown {
  readonly findings: readonly Finding[]
  readonly unfinished: Journal | undefined
  readonly locked: ReadonlyMap<string, string>
  readonly steps: readonly Step[]
  readonly answers: ReadonlyMap<string, Answer>
}

const day = (seconds: number | undefined) => (seconds === undefined ? '?' : new Date(seconds * 1000).toISOString().slice(0, 10))

/** How the keys of hosts stand, for a person. */
export function answersText(answers: ReadonlyMap<string, Answer>): string {
  const rows = [...answers].map(([host, { current, next, former, proven, issued }]) => [
    host,
    current.request ?? 'none',
    proven !== undefined && proven === current.certificate ? `yes, issued ${day(issued)}` : 'not seen',
    [...(next ? [`the next: ${next.request ?? 'being made'}`] : []), ...(former ? [`the former: ${former.request ?? '?'}`] : [])].join(
      '; ',
    ),
  ])
  return table(['HOST', 'REQUEST', 'AT WORK', 'BESIDE IT'], rows, {})
}

/** The same as data. */
export const answersJson = (answers: ReadonlyMap<string, Answer>) => ({
  hosts: Object.fromEntries([...answers].map(([host, { current, next, former, proven }]) => [host, { current, next, former, proven }])),
})

/** What would be done, for a person. */
export function outlookText(outlook: Shown): string {
  const { findings, steps, answers } = outlook
  const parts = [
    ...(answers.size > 0 ? [answersText(answers)] : []),
    ...findingTexts(findings),
    ...unfinishedTexts(outlook, operation),
    ...(steps.length > 0 ? [stepsText(steps, operation)] : []),
  ]
  return `${parts.join('\n')}\n`
}

/** The same as data. */
export const outlookJson = ({ findings, unfinished, locked, steps, answers }: Shown): unknown => ({
  ...answersJson(answers),
  findings,
  unfinished,
  locked: Object.fromEntries(locked),
  steps,
})
