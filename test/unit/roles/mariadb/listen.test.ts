import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ownAddressPath } from '../../../../engine/listen.ts'
import { bindAddress, dropIn } from '../../../../roles/mariadb/listen.ts'

test.each([
  ['10.0.0.7', '127.0.0.1,10.0.0.7'],
  ['fd00::7', '127.0.0.1,fd00::7'],
  ['0.0.0.0', '0.0.0.0'],
  ['::', '*'],
  ['127.0.0.1', '127.0.0.1'],
  ['::1', '127.0.0.1,::1'],
])('a server told %s listens on %s', (address, bound) => expect(bindAddress({ address })).toBe(bound))

test('one whose address is a name looks it up at each start, and is not open before that', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mariadb-listen-'))
  try {
    expect(bindAddress({ name: 'mysql.local' })).toBe('127.0.0.1')
    const text = /^ExecStartPre=\/bin\/sh -c '(.*)'$/m.exec(dropIn({ name: 'mysql.local' }))?.[1]?.replaceAll('$$', '$') ?? 'false'
    const here = text.replace(ownAddressPath, join(folder, 'own-address')).replace('/run/mariadb-fleet', folder)
    writeFileSync(join(folder, 'own-address'), '#!/bin/sh\n[ $1 = mysql.local ] && echo 10.0.0.7\n', { mode: 0o755 })
    expect(spawnSync('sh', ['-c', here], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(join(folder, 'arguments'), 'utf8')).toBe('MYSQLD_OPTS=--bind-address=127.0.0.1,10.0.0.7\n')
    writeFileSync(join(folder, 'own-address'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    expect(spawnSync('sh', ['-c', here]).status).toBe(1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('an address that comes late is waited for', () => {
  expect(dropIn({ address: '10.0.0.7' })).toMatch(/^StartLimitIntervalSec=0$[^]*^Restart=on-failure$/m)
  expect(dropIn({ address: '10.0.0.7' })).not.toContain('ExecStartPre')
})
