import { createInterface } from 'node:readline'
import { shown } from './output.ts'

/** Asks a person on the terminal. Undefined where the input ends (Ctrl-D) without an answer: that is no consent. */
export function question(text: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  return new Promise(resolve => {
    lines.once('close', () => resolve(undefined))
    lines.question(shown(text), answer => {
      resolve(answer.trim())
      lines.close()
    })
  })
}
