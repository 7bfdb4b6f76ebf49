import { CommanderError } from 'commander'
import { Failed } from '../engine/run/failure.ts'
import { printableJson } from '../engine/report/printable.ts'
import { colors } from './colors.ts'
import { prompt } from './output.ts'

/** Exit code of wrong use, as in sysexits.h. */
export const wrongUse = 64
/** Exit code of an inventory that cannot be used, as in sysexits.h. */
export const wrongInventory = 65

/** A command line that cannot be meant: exits with 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** An error as it is printed, without a stack trace unless it is a defect of this program. */
interface Shown {
  readonly message: string
  readonly hint?: string
  /** With `--json`, what else is known of it. */
  readonly more?: Readonly<Record<string, unknown>>
  /** Instead of message and hint where people read. */
  readonly text?: string
  readonly trace?: string
  /** Last lines a Pi said. */
  readonly output?: readonly string[]
}

/** Prints what was thrown on standard error and gives the exit code it stands for. */
export async function report(error: unknown, options: { readonly command: string; readonly json: boolean }): Promise<number> {
  const shown = await show(error, options.command)
  prompt(options.json ? asJson(shown) : asText(shown))
  const meant =
    error instanceof UsageError || error instanceof CommanderError || (error instanceof Error && error.name === 'SelectionError')
  if (error instanceof Error && error.name === 'InventoryError') return wrongInventory
  return meant ? wrongUse : 1
}

async function show(error: unknown, command: string): Promise<Shown> {
  if (error instanceof CommanderError) return fromCommander(error, command)
  if (!(error instanceof Error)) return { message: String(error) }
  if (error.name === 'InventoryError') return fromInventory(error)
  const message = error.message || error.name
  if (isDefect(error))
    return {
      message,
      hint: 'this is a defect of this program, please report it',
      trace: (error.stack ?? '').split('\n').slice(1, 5).join('\n'),
    }
  const output = 'output' in error && Array.isArray(error.output) ? error.output.map(String) : undefined
  if (error instanceof Failed)
    return { message, ...(error.hint !== undefined && { hint: error.hint }), ...(error.failure.output && { output: error.failure.output }) }
  return 'hint' in error && typeof error.hint === 'string' ? { message, hint: error.hint, ...(output?.length && { output }) } : { message }
}

function fromCommander(error: CommanderError, command: string): Shown {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split(/\n\(?(?=Did you mean)/)
  const hint = suggestion?.trim().replace(/\)$/, '').replace(/^Did/, 'did')
  return { message, hint: hint ?? `see ${command} --help` }
}

async function fromInventory(error: Error): Promise<Shown> {
  const { InventoryError } = await import('../engine/inventory/problem.ts')
  if (!(error instanceof InventoryError)) return { message: error.message }
  const { formatInventoryError, inventoryErrorJson } = await import('../engine/inventory/format-problems.ts')
  const color = colors(process.stderr).isColorSupported
  const elsewhere = error.problems.every(({ position }) => position === undefined)
  const [problem] = error.problems
  if (elsewhere && problem)
    return {
      message: error.message,
      ...(problem.hint !== undefined && { hint: problem.hint }),
      more: { problems: inventoryErrorJson(error) },
    }
  return { message: error.message, text: formatInventoryError(error, { color }), more: { problems: inventoryErrorJson(error) } }
}

/** A file that is missing or a connection refused carries a code; a mistake in a program does not. */
function isDefect(error: Error): boolean {
  return (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) && !('code' in error)
}

function asJson({ message, hint, more, trace, output }: Shown): string {
  return `${printableJson({ error: message, ...(hint !== undefined && { hint }), ...more, ...(trace !== undefined && { trace }), ...(output && { output }) })}\n`
}

function asText({ message, hint, text, trace, output = [] }: Shown): string {
  if (text !== undefined) return `${text}\n`
  const paint = colors(process.stderr)
  const lines = [`${paint.red('error:')} ${message}`]
  if (trace) lines.push(paint.dim(trace))
  lines.push(...output.map(line => `  | ${line}`))
  if (hint !== undefined) lines.push(`${paint.cyan('hint:')} ${hint}`)
  return `${lines.join('\n')}\n`
}
