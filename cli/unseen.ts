import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { UsageError } from '../engine/errors.ts'
import { exitCodes } from './exit-codes.ts'
import { prompt } from './output.ts'

/**
 * A value that must not be seen: all of standard input without its last newline, or typed twice on a terminal that does not show it.
 * @throws UsageError when the two differ
 */
export async function readUnseen(what: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '')
  const first = await ask(`${what}: `)
  if (first === undefined) throw new UsageError(`no ${what} was typed`)
  if ((await ask('once more: ')) !== first) throw new UsageError('the two are not the same')
  return first
}

/** A line typed on a terminal that does not show it. Undefined where the input ends (Ctrl-D) without one. */
export function ask(what: string): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  prompt(what)
  return new Promise(resolve => {
    lines.once('SIGINT', () => {
      prompt('\n')
      process.exit(exitCodes.stopped)
    })
    lines.once('line', line => {
      resolve(line)
      lines.close()
    })
    lines.once('close', () => {
      prompt('\n')
      resolve(undefined)
    })
  })
}
