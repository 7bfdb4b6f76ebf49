import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { table } from '../../../cli/table.ts'
import { canDraw } from '../../../cli/terminal.ts'

test('lines are drawn anew on a terminal that has a size and a cursor; elsewhere they follow each other', () => {
  const terminal = { isTTY: true, columns: 80, rows: 24 } as const
  expect(canDraw(terminal, {})).toBe(true)
  expect(canDraw({ ...terminal, columns: 40 }, {})).toBe(true)
  for (const other of [{ ...terminal, columns: 0 }, { ...terminal, rows: 0 }, { columns: 80, rows: 24 }, { isTTY: true } as const])
    expect(canDraw(other, {}), JSON.stringify(other)).toBe(false)
  expect(canDraw(terminal, { TERM: 'dumb' })).toBe(false)
})

const head = ['HOST', 'ROLE', 'MEMORY', '']
const rows = [
  ['producer1', 'collector', '70 MiB of 96 MiB', '86400 readings since it started'],
  ['', 'base', '–', ''],
]
const at = (columns: number, isTTY = true, of = rows, titles = head) =>
  stripVTControlCharacters(table(titles, of, { stream: { isTTY, columns } }))

test('a table is a table where it has room, and where nobody knows how much there is', () => {
  const wide = at(120)
  expect(wide.split('\n')).toHaveLength(4)
  expect([at(0), at(80), at(40, false)]).toEqual([wide, wide, wide])
})

test('on 40 columns a row that does not fit is written a line a cell', () => {
  expect(at(40)).toBe(
    [
      'HOST    producer1',
      'ROLE    collector',
      'MEMORY  70 MiB of 96 MiB',
      '        86400 readings since it started',
      '',
      'ROLE    base',
      'MEMORY  –',
      '',
    ].join('\n'),
  )
  expect(at(40, true, [['short']], ['A'])).toBe('A\nshort\n')
})
