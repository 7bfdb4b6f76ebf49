import { CommanderError } from 'commander'
import { Failed, toFailure, type Failure } from '../engine/errors.ts'
import { printableJson } from '../engine/report/printable.ts'
import { colors } from './colors.ts'
import { exitCodeOf } from './exit-codes.ts'
import { prompt } from './output.ts'

/** Prints what was thrown on standard error and gives the exit code it stands for. */
export async function report(error: unknown, { command, json }: { readonly command: string; readonly json: boolean }): Promise<number> {
  const failure = error instanceof CommanderError ? fromCommander(error, command) : toFailure(error)
  const known = error instanceof Failed && error.code === 'inventory' ? await problemsOf(error) : undefined
  prompt(json ? asJson(failure, known?.json) : (known?.text ?? asText(failure)))
  return exitCodeOf(failure.code)
}

function fromCommander(error: CommanderError, command: string): Failure {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split(/\n\(?(?=Did you mean)/)
  const hint = suggestion?.trim().replace(/\)$/, '').replace(/^Did/, 'did')
  return { code: 'usage', message, hint: hint ?? `see ${command} --help` }
}

/** The problems of an inventory: as data, and as text where one of them is a place in the file. */
async function problemsOf(error: Failed): Promise<{ readonly json: unknown; readonly text?: string } | undefined> {
  const { InventoryError } = await import('../engine/inventory/problem.ts')
  if (!(error instanceof InventoryError)) return undefined
  const { formatInventoryError, inventoryErrorJson } = await import('../engine/inventory/format-problems.ts')
  const json = inventoryErrorJson(error)
  if (error.problems.every(({ position }) => position === undefined)) return { json }
  return { json, text: `${formatInventoryError(error, { color: colors(process.stderr).isColorSupported })}\n` }
}

function asJson({ message, code = 'failed', ...rest }: Failure, problems?: unknown): string {
  return `${printableJson({ error: message, code, ...rest, ...(problems !== undefined && { problems }) })}\n`
}

function asText({ message, code, hint, output = [] }: Failure): string {
  const paint = colors(process.stderr)
  return [
    `${paint.red('error:')} ${message}`,
    ...output.map(line => (code === 'defect' ? paint.dim(line) : `  | ${line}`)),
    ...(hint === undefined ? [] : [`${paint.cyan('hint:')} ${hint}`]),
  ]
    .map(line => `${line}\n`)
    .join('')
}
