import { Failed } from '../errors.ts'
import type { Position } from './types.ts'

/** One thing wrong with an inventory. */
export interface Problem {
  /** Absent when it is about the file as a whole; the message then names the file. */
  readonly position?: Position
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
  /** The line of the file it is on, to be shown with a caret under the column. */
  readonly source?: string
}

/** An inventory that cannot be used, with everything that is wrong with it. */
export class InventoryError extends Failed {
  override readonly name = 'InventoryError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const [only, ...others] = problems
    const hint = others.length === 0 ? only?.hint : undefined
    super({ code: 'inventory', message: problems.map(headline).join('\n'), ...(hint !== undefined && { hint }) })
    this.problems = problems
  }
}

/** `hosts/pi.yaml:14:9: unknown key "adress"`: one line, the way compilers and editors know it. */
export function headline({ position, message }: Problem): string {
  return position ? `${position.file}:${position.line}:${position.column}: ${message}` : message
}
