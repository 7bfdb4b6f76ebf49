import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isOff, isOut, whyItStays, whyOffStays } from '../../../../roles/cassandra/leaving.ts'
import { bash } from '../../engine/bash.ts'
import { parseStatus } from '../../../../roles/cassandra/ring/index.ts'

const status = (...lines: string[]) =>
  parseStatus(lines.map((line, index) => `${line}  70.1 KiB  16  100.0%  0c1b2f4e-0000-4000-8000-00000000000${index}  rack1`).join('\n'))

test('a node of a ring with others stays until it has left; a ring of its own owes nobody anything', () => {
  expect(whyItStays('mysql', status('UN  10.0.0.1', 'DN  10.0.0.2'), 1)).toEqual({
    message:
      'mysql is no longer to be a node, and is still one of a ring of 2 (10.0.0.1 UN, 10.0.0.2 DN): its data is not with the others yet',
    hint: 'let it leave first: rebalance cassandra --remove mysql',
  })
  expect(whyItStays('mysql', status('UN  10.0.0.1'), 1)).toBeUndefined()
})

test('a server that says nothing is not taken for one that has left, unless there is nobody else', () => {
  expect(whyItStays('mysql', [], 1)?.message).toBe('mysql is no longer to be a node, and its server does not say whether it still is one')
  expect(whyItStays('mysql', [], 0)).toBeUndefined()
})

test.each([
  ['inactive', 1, 0],
  ['failed', 1, 0],
  ['inactive', 0, 1],
  ['active', 1, 1],
  ['activating', 1, 1],
  ['', 1, 1],
])('a server that systemd calls "%s" (is-enabled ends with %i) is off: exit %i', (active, enabled, code) => {
  expect(bash(`systemctl() { case $1 in is-active) echo '${active}' ;; *) return ${enabled} ;; esac; }; ${isOff}`).code).toBe(code)
})

const suspect = { node: 'old', id: '', addresses: ['10.0.0.9'] }
const sees = (...lines: string[]) => ({ sees: status(...lines), addresses: [] })

test('a server that is off is given up when all others say that they do without it, and only then', () => {
  const without = sees('UN  10.0.0.1', 'UN  10.0.0.2')
  expect(whyOffStays(suspect, new Map())).toBeUndefined()
  expect(whyOffStays(suspect, new Map([['a', without]]))).toBeUndefined()
  const counted = whyOffStays(
    suspect,
    new Map([
      ['a', without],
      ['b', sees('UN  10.0.0.2', 'DN  10.0.0.9')],
    ]),
  )
  expect(counted?.message).toMatch(/^old is no longer to be a node, and others count on it: b lists it \(DN, 10\.0\.0\.9/)
  expect(counted?.hint).toContain('rebalance cassandra --remove old')
  expect(
    whyOffStays(
      suspect,
      new Map<string, typeof without | { silent: string }>([
        ['a', without],
        ['b', { silent: 'no route' }],
      ]),
    ),
  ).toEqual({
    message: 'old is no longer to be a node, and whether others count on it is not known: b: no route',
    hint: 'run this again when they answer; a host that is to be no node either is taken out of the inventory first',
  })
})

test('what the others said counts until its server starts again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'out-'))
  const out = (here = folder) =>
    bash(`systemctl() { case $1 in is-active) echo inactive ;; *) return 1 ;; esac; }; ${isOut.replaceAll('/var/lib/cassandra', here)}`)
      .code
  expect(out()).toBe(1)
  mkdirSync(join(folder, 'commitlog'))
  writeFileSync(join(folder, 'out-of-ring'), '')
  utimesSync(join(folder, 'commitlog'), 1000, 1000)
  expect(out()).toBe(0)
  const later = Date.now() / 1000 + 100
  utimesSync(join(folder, 'commitlog'), later, later)
  expect(out()).toBe(1)
  expect(out(join(folder, 'gone'))).toBe(0)
  rmSync(folder, { recursive: true })
})
