import { printable, printableJson } from '../engine/report/printable.ts'
import { redactAll } from '../engine/secrets/redact.ts'
import { canDraw } from './terminal.ts'

/** What may be shown: no secret of this process, and nothing that commands a terminal. Everything a command prints goes through it. */
export function shown(text: string): string {
  return printable(redactAll(text))
}

/** Prints text on standard output as it is, with its own newlines. */
export function out(text: string): void {
  process.stdout.write(shown(text))
}

/** Begins a terminal anew, for what is shown again and again; elsewhere it does nothing. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J')
}

/** Prints one value as JSON on a line of its own; for programs. */
export function outJson(data: unknown, indent?: number): void {
  process.stdout.write(`${redactAll(printableJson(data, indent))}\n`)
}

/** Prints data on standard output: as JSON where that was asked for, else as text. */
export function print(json: boolean | undefined, data: unknown, text: () => string): void {
  if (json) outJson(data, 2)
  else out(text())
}

/** Prints the value of a secret, byte by byte: it was asked for. */
export function printSecret(json: boolean | undefined, data: unknown, value: string): void {
  process.stdout.write(json ? `${JSON.stringify(data, null, 2)}\n` : `${value}\n`)
}

/** Tells a person what goes on; never mixes with data. */
export function tell(text: string): void {
  prompt(`${text}\n`)
}

/** Tells what goes on now in one line that the next one replaces; an empty text takes it away. Nothing where lines cannot be drawn anew. */
export function passing(text: string): void {
  if (canDraw(process.stderr)) process.stderr.write(`\r\u001b[2K${shown(text)}`)
}

/** As `tell`, without a newline at the end. */
export function prompt(text: string): void {
  process.stderr.write(shown(text))
}
