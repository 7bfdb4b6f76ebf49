import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Failed } from '../engine/errors.ts'

/** A file's SHA-256 as its maker gives it, and where that was found. */
export interface Expected {
  readonly sum: string
  readonly from: string
}

/**
 * The checksum a base has to have: the one given, or that of `FILE.sha256` beside it, as Raspberry Pi's download page has it.
 * Undefined: nobody says.
 * @throws Failed where what is given is none
 */
export async function expectedSum(file: string, given: string | undefined): Promise<Expected | undefined> {
  if (given !== undefined) {
    if (!/^[0-9a-f]{64}$/i.test(given)) throw new Failed({ code: 'usage', message: `${given} is no SHA-256: 64 hexadecimal digits` })
    return { sum: given.toLowerCase(), from: '--sha256' }
  }
  const beside = `${file}.sha256`
  const text = await readFile(beside, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const line = text.split('\n').find(each => each.includes(basename(file))) ?? text
  const [sum] = /\b[0-9a-f]{64}\b/i.exec(line) ?? []
  if (sum === undefined) throw new Failed({ message: `${beside} has no SHA-256 of ${basename(file)}` })
  return { sum: sum.toLowerCase(), from: beside }
}
