import { readFileSync } from 'node:fs'
import { exitCodes } from '../../cli/exit-codes.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { print, tell } from '../../cli/output.ts'
import { table } from '../../cli/table.ts'
import { Failed, UsageError } from '../../engine/errors.ts'
import { compare, type Difference } from '../../trials/compare.ts'
import { resultSchema, type Result } from '../../trials/result.ts'
import { wordsOf } from './bench-words.ts'

/** The command line of `bench compare`. */
export interface CompareFlags {
  readonly check?: true
}

/** Tells what differs between two sides. @throws {Failed} where a file is no result of `bench run`, or the two have no trial in common */
export async function benchCompare(a: string, b: string, flags: CompareFlags & CommonOptions): Promise<void> {
  const found = compare(sideOf(a, 'A'), sideOf(b, 'B'))
  if (found.length === 0)
    throw new Failed({
      message: `${a} and ${b} have no trial in common that can be compared`,
      hint: 'a trial is a backend with so many producers, threads and readings a second; a run takes ten seconds at least',
    })
  if (flags.check && found.some(({ verdict }) => verdict !== 'no difference seen')) process.exitCode = exitCodes.wouldChange
  print(flags.json, found, () => table(['TRIAL', '', 'A', 'B', 'B TO A', '99 % INTERVAL', ''], found.map(rowOf), { right: [2, 3, 4, 5] }))
  const machines = new Map(found.flatMap(({ trial, machine }) => (machine === undefined ? [] : [[trial, machine] as const])))
  for (const [trial, machine] of flags.json ? [] : machines)
    tell(`${trial}: how fast the machine under the virtual Pis was is taken out, ${percent(machine)} from A to B`)
  if (!flags.json && found.some(({ runs }) => !runs))
    tell(
      'one run of a side: its seconds do not tell how far runs lie apart; less than 5 % is no difference. ' +
        'Give several runs of each: `bench run --repeat 8`',
    )
}

const percent = (share: number): string => `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)} %`
const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1))

function rowOf({ trial, measure, a, b, difference, from, to, verdict }: Difference): readonly string[] {
  return [trial, measure, number(a), number(b), percent(difference), `${percent(from)} to ${percent(to)}`, verdict]
}

function sideOf(files: string, side: string): readonly Result[] {
  return wordsOf(files, side).map(file => {
    let text
    try {
      text = readFileSync(file, 'utf8')
    } catch {
      throw new UsageError(`${file} cannot be read`, 'a side is a file of `bench run`, the one that ends with .json')
    }
    try {
      return resultSchema.parse(JSON.parse(text))
    } catch {
      throw new Failed({ message: `${file} is no result of this version’s \`bench run\``, hint: 'name the file that ends with .json' })
    }
  })
}
