import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'
import { colors } from './colors.ts'

export { size } from '../engine/size.ts'

export type Cell = string | number

/** Which columns hold numbers, and so stand at the right. */
export interface TableOptions {
  readonly right?: readonly number[]
  /** Where it is printed; decides about colours. */
  readonly stream?: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>
}

/** On a terminal narrower than this, rows that do not fit are written below each other: broken in the middle they could not be read. */
const narrow = 60

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
  const columns = stream.isTTY ? (stream.columns ?? 0) : 0
  if (columns > 0 && columns < narrow && lines.some(line => stripVTControlCharacters(line).length > columns))
    return stacked(head, rows, bold)
  return `${lines.join('\n')}\n`
}

/** A line a cell: its title, and what it holds; an empty line between rows. Cells without a title or without anything are left out. */
function stacked(head: readonly string[], rows: readonly (readonly Cell[])[], bold: (text: string) => string): string {
  const width = Math.max(0, ...head.map(title => title.length))
  const blocks = rows.map(row =>
    row.flatMap((cell, column) => (String(cell) === '' ? [] : [`${bold((head[column] ?? '').padEnd(width))}  ${cell}\n`])).join(''),
  )
  return blocks.join('\n')
}
