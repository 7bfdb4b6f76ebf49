import Table from 'cli-table3'
import { colors } from './colors.ts'

export { size } from '../engine/size.ts'

export type Cell = string | number

/** Which columns hold numbers, and so stand at the right. */
export interface TableOptions {
  readonly right?: readonly number[]
  /** Where it is printed; decides about colours. */
  readonly stream?: NodeJS.WriteStream
}

const none = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
}
const inner = { left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' }

/** A table without lines: a heading, and columns that stand below each other. Ends with a newline. */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { right = [], stream = process.stdout }: TableOptions = {},
): string {
  const { bold } = colors(stream)
  const made = new Table({
    head: head.map(title => bold(title)),
    chars: { ...none, ...inner },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
  })
  made.push(...rows.map(row => [...row]))
  const lines = made
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
  return `${lines.join('\n')}\n`
}
