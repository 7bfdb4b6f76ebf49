import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { UsageError } from './errors.ts'

/**
 * A value that must not be seen: all of standard input without its last newline, or typed twice on a terminal that does not show it.
 * @throws UsageError when the two differ
 */
export async function readUnseen(what: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, '')
  const first = await ask(`${what}: `)
  if ((await ask('once more: ')) !== first) throw new UsageError('the two are not the same')
  return first
}

/** A line typed on a terminal that does not show it. */
export function ask(prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 })
  process.stderr.write(prompt)
  return new Promise((resolve) => {
    lines.once('SIGINT', () => {
      process.stderr.write('\n')
      process.exit(130)
    })
    lines.once('line', (line) => {
      lines.close()
      process.stderr.write('\n')
      resolve(line)
    })
  })
}
