import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Failed } from '../errors.ts'
import { sumOf } from './cache.ts'

/** SHA-512 sums in hex, by file name. */
export type Sums = ReadonlyMap<string, string>

/** Reads lines as `sha512sum` prints them; lines that begin with `#` are for people. @throws {Failed} where another line is none */
export function parseSums(text: string, file: string): Sums {
  return new Map(
    text
      .split('\n')
      .filter(line => line.trim() !== '' && !line.startsWith('#'))
      .map(line => {
        const [, sum, name] = /^([0-9a-f]{128}) [ *](\S+)$/.exec(line) ?? []
        if (sum === undefined || name === undefined)
          throw new Failed({
            message: `${file} has a line that is no SHA-512 sum and a file name: ${line.slice(0, 80)}`,
            hint: 'take the file back from version control',
          })
        return [name, sum]
      }),
  )
}

/** The sums of all files in a folder, in the order of their names. */
export async function sumsOf(folder: string): Promise<Sums> {
  const names = (await readdir(folder)).sort()
  const sums = new Map<string, string>()
  for (const name of names) sums.set(name, await sumOf(join(folder, name), 'sha512'))
  return sums
}

/** Lines that `parseSums` and `sha512sum -c` read. */
export function sumsText(sums: Sums): string {
  return [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join('')
}

/** How files differ from what they should be, a sentence each: other content, missing, or not known. */
export function differences(found: Sums, wanted: Sums): string[] {
  return [
    ...[...wanted].flatMap(([name, sum]) => {
      const is = found.get(name)
      if (is === undefined) return [`${name} is missing`]
      return is === sum ? [] : [`${name}: its sha512 is ${is}, and must be ${sum}`]
    }),
    ...[...found.keys()].filter(name => !wanted.has(name)).map(name => `${name} is not in the list`),
  ]
}
