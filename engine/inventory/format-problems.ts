import pc from 'picocolors'
import { headline, type InventoryError, type Problem } from './problem.ts'

/** More at once than anyone mends before looking again. */
const shownAtOnce = 10

/**
 * The problems of an inventory for people: headline, source line, a caret under the place, what to do; of many the first ones and a count.
 * Ends without a newline.
 */
export function formatInventoryError(error: InventoryError, options: { readonly color?: boolean } = {}): string {
  const paint = pc.createColors(options.color ?? false)
  const blocks = error.problems.slice(0, shownAtOnce).map(problem => {
    const lines = [paint.bold(headline(problem))]
    if (problem.position && problem.source !== undefined) {
      const number = String(problem.position.line)
      const gutter = ' '.repeat(number.length)
      lines.push(
        `  ${paint.dim(`${number} |`)} ${problem.source}`,
        `  ${paint.dim(`${gutter} |`)} ${indent(problem.source, problem.position.column)}${paint.red('^')}`,
      )
    }
    if (problem.hint !== undefined) lines.push(`  ${paint.cyan(problem.hint)}`)
    return lines.join('\n')
  })
  const more = error.problems.length - blocks.length
  return [...blocks, ...(more > 0 ? [`and ${more} more ${more === 1 ? 'mistake' : 'mistakes'}: mend these first`] : [])].join('\n')
}

/** One problem as `--json` prints it; `line` and `column` are null where the whole file is meant. */
export interface ProblemJson {
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
  readonly message: string
  readonly hint: string | null
}

/** The problems of an inventory as plain data for `--json`. */
export function inventoryErrorJson(error: InventoryError): readonly ProblemJson[] {
  return error.problems.map(({ position, message, hint }: Problem) => ({
    file: position?.file ?? null,
    line: position?.line ?? null,
    column: position?.column ?? null,
    message,
    hint: hint ?? null,
  }))
}

// Tabs stay tabs, so that the caret stands right however wide a terminal draws them.
function indent(source: string, column: number): string {
  return source.slice(0, column - 1).replace(/[^\t]/g, ' ')
}
