import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { account, accountKind } from '../../../../roles/mariadb/account.ts'
import { askMade } from '../../../../roles/mariadb/made-accounts.ts'
import { bash } from '../../engine/bash.ts'
import { nativePassword, rootOption } from '../../../../roles/mariadb/sql.ts'

const { spec } = account('collector', {
  hosts: ['10.0.0.1', '10.0.0.2'],
  proof: { password: 'hush' },
  tls: false,
  privileges: ['INSERT'],
  on: { database: 'temperature', table: 'reading' },
})
const hash = nativePassword('hush')
const row = (...cells: string[]) => `${cells.join('\t')}\n`
const good = (host: string) =>
  row('proof', 'collector', host, 'mysql_native_password', hash) + row('grant', `'collector'@'${host}'`, 'INSERT', 'temperature.reading')
const does = (output: string) =>
  accountKind.read(output, [spec]).flatMap(seen => accountKind.compare(spec, seen, []).map(change => change.does))

test('the hash is the one MariaDB keeps', () => {
  expect(nativePassword('password')).toBe('*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19')
})

test.each([
  [
    'nothing there',
    '',
    ['create collector@10.0.0.1 (INSERT temperature.reading)', 'create collector@10.0.0.2 (INSERT temperature.reading)'],
  ],
  ['as wanted', good('10.0.0.1') + good('10.0.0.2'), []],
  ['another password', good('10.0.0.1') + good('10.0.0.2').replace(hash, '*00'), ['change how collector@10.0.0.2 logs in']],
  [
    'a right too many',
    good('10.0.0.1') + good('10.0.0.2') + row('grant', "'collector'@'10.0.0.2'", 'SELECT', 'temperature.*'),
    ['grant collector@10.0.0.2 just INSERT temperature.reading'],
  ],
  [
    'a right too few',
    good('10.0.0.1') + row('proof', 'collector', '10.0.0.2', 'mysql_native_password', hash),
    ['grant collector@10.0.0.2 just INSERT temperature.reading'],
  ],
  [
    'a host that is no producer',
    good('10.0.0.1') + good('10.0.0.2') + good('10.0.0.3') + row('made', 'collector@10.0.0.3'),
    ['remove collector@10.0.0.3'],
  ],
  ['a host of somebody else’s account', good('10.0.0.1') + good('10.0.0.2') + good('%') + row('made', 'collector@10.0.0.1'), []],
  ['others are left alone', good('10.0.0.1') + good('10.0.0.2') + row('proof', 'anna', '%', 'mysql_native_password', '*1'), []],
  ['no answer', 'refused\n', ['make sure of collector@10.0.0.1, collector@10.0.0.2 (MariaDB does not answer now)']],
])('%s', (_name, output, changes) => {
  expect(does(output)).toEqual(changes)
})

test('the change sets each account from wherever it is, and carries no password', () => {
  const [seen] = accountKind.read(good('%') + row('made', 'collector@%'), [spec])
  const [step] = accountKind.change(spec, seen as never, [])
  const text = step && 'run' in step ? step.run : ''
  expect(text).not.toContain('hush')
  const ours = text.slice(text.indexOf('done && ') + 'done && '.length)
  expect(text.slice(0, text.indexOf('done && '))).toContain('for a in collector@10.0.0.1 collector@10.0.0.2; do')
  const lines = ours.split('\n')
  expect(lines.slice(0, lines.indexOf('.') + 1)).toEqual([
    `mariadb ${rootOption} --socket=/run/mysqld/mysqld.sock --default-character-set=utf8mb4 --batch --skip-column-names <<'.'`,
    ...['10.0.0.1', '10.0.0.2'].flatMap(host => [
      `CREATE USER IF NOT EXISTS 'collector'@'${host}' IDENTIFIED VIA mysql_native_password USING '${hash}' REQUIRE NONE;`,
      `ALTER USER 'collector'@'${host}' IDENTIFIED VIA mysql_native_password USING '${hash}' REQUIRE NONE;`,
      `REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'collector'@'${host}';`,
      `GRANT INSERT ON \`temperature\`.\`reading\` TO 'collector'@'${host}';`,
    ]),
    "DROP USER IF EXISTS 'collector'@'%';",
    '.',
  ])
})

test('an account that provision did not make is told, with the statement that removes it', () => {
  const [seen] = accountKind.read(good('10.0.0.1') + good('%'), [spec])
  expect(accountKind.notes?.(spec, seen!)).toEqual([
    `mariadb: collector@% may log in, and provision did not make it: it is left alone. If nobody needs it: mariadb -e "DROP USER 'collector'@'%'"`,
  ])
  const [step] = accountKind.change(spec, seen!, [])
  expect(step && 'run' in step ? step.run : '').not.toContain('DROP')
  const [own] = accountKind.read(good('%') + row('made', 'collector@%'), [spec])
  expect(accountKind.notes?.(spec, own!)).toEqual([])
})

test('what the Pi knows of accounts: its own notes, and before there were any its journal', () => {
  const at = mkdtempSync(path.join(tmpdir(), 'accounts-'))
  const asked = () =>
    bash(askMade.replaceAll('/var/lib/provision', at))
      .stdout.trim()
      .split('\n')
      .map(line => line.replace('made\t', ''))
  try {
    const lines = [
      [
        'mariadb account collector-pi1',
        ['create collector-pi1@10.0.0.1 (INSERT temperature.own_reading, over TLS only)', 'remove collector-pi1@10.0.0.9'],
      ],
      ['mariadb account collector', ['create collector@fd00::7 for producer1.local (INSERT temperature.reading)']],
      ['mariadb account both', ['make sure of both@10.0.0.1, both@10.0.0.2 (MariaDB does not answer now)']],
      ['command other', ['create nobody@%']],
    ] as const
    writeFileSync(
      `${at}/journal.jsonl`,
      lines.map(([name, did]) => `${JSON.stringify({ at: '', by: 'me', role: 'mariadb', resource: name, did })}\n`).join(''),
    )
    expect(asked()).toEqual(['collector-pi1@10.0.0.1', 'collector@fd00::7', 'both@10.0.0.1', 'both@10.0.0.2'])
    writeFileSync(`${at}/mariadb-accounts`, 'one@10.0.0.1\n')
    expect(asked()).toEqual(['one@10.0.0.1'])
  } finally {
    rmSync(at, { recursive: true })
  }
})

test('an account over TLS only', () => {
  const { spec: ssl } = account('collector', {
    hosts: ['10.0.0.1'],
    proof: { password: 'hush' },
    tls: true,
    privileges: ['INSERT'],
    on: { database: 'temperature', table: 'reading' },
  })
  const changes = (output: string) =>
    accountKind.read(output, [ssl]).flatMap(seen => accountKind.compare(ssl, seen, []).map(change => change.does))
  expect(changes('')).toEqual(['create collector@10.0.0.1 (INSERT temperature.reading, over TLS only)'])
  expect(changes(good('10.0.0.1'))).toEqual(['let collector@10.0.0.1 in over TLS only'])
  const over = good('10.0.0.1').replace(hash, `${hash}\t1`)
  expect(changes(over)).toEqual([])
  expect(accountKind.read(over, [spec]).flatMap(seen => accountKind.compare(spec, seen, []).map(change => change.does))[0]).toBe(
    'let collector@10.0.0.1 in without TLS',
  )
  const [step] = accountKind.change(ssl, accountKind.read('', [ssl])[0]!, [])
  expect(step && 'run' in step ? step.run : '').toContain(
    `ALTER USER 'collector'@'10.0.0.1' IDENTIFIED VIA mysql_native_password USING '${hash}' REQUIRE SSL;`,
  )
})

test('root that may not log in is told, with what to do', () => {
  const denied = "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)\nrefused\n"
  expect(does(denied)).toEqual(['stop: root of this Pi may not log in to MariaDB over the socket'])
  const [seen] = accountKind.read(denied, [spec])
  const [step] = accountKind.change(spec, seen as never, [])
  expect(step && 'run' in step ? step.run : '').toMatch(
    /ERROR 1045[^]*ALTER USER root@localhost IDENTIFIED VIA unix_socket OR[^]*>&2; false; }$/,
  )
})

describe('producers that the inventory names', () => {
  const { spec: named } = account('collector', {
    hosts: ['10.0.0.1', 'producer1.local', 'FD00:0::0021'],
    proof: { password: 'hush' },
    tls: false,
    privileges: ['INSERT'],
    on: { database: 'temperature', table: 'reading' },
  })
  const doesNamed = (output: string) =>
    accountKind.read(output, [named]).flatMap(seen => accountKind.compare(named, seen, []).map(change => change.does))
  const six = good('fd00::21')

  test('are asked for on the Pi, and let in by their addresses', () => {
    expect(accountKind.ask([named])).toContain('for n in producer1.local; do getent ahosts')
    const found =
      row('address', 'producer1.local', '10.0.0.7') +
      row('address', 'producer1.local', 'FD00::7') +
      row('address', 'producer1.local', 'fe80::7%eth0') +
      row('address', 'producer1.local', '127.0.1.1')
    expect(doesNamed(found + good('10.0.0.1') + six)).toEqual([
      'create collector@10.0.0.7 for producer1.local (INSERT temperature.reading)',
      'create collector@fd00::7 for producer1.local (INSERT temperature.reading)',
    ])
    expect(doesNamed(found + ['10.0.0.1', '10.0.0.7', 'fd00::7', 'fd00::21'].map(good).join(''))).toEqual([])
  })

  test('are taken for switched off where there is an account for them, and else the run stops', () => {
    expect(doesNamed(good('10.0.0.1') + six + good('10.0.0.7'))).toEqual([])
    expect(doesNamed(good('10.0.0.1') + six)).toEqual(['stop: this Pi cannot resolve producer1.local'])
    const [seen] = accountKind.read(good('10.0.0.1'), [named])
    const [step] = accountKind.change(named, seen as never, [])
    expect(step && 'run' in step ? step.run : '').toMatch(/'collector'@'fd00::21'[^]*cannot resolve producer1\.local[^]*>&2; false$/)
  })

  test('nothing is asked for where all are addresses', () => {
    expect(accountKind.ask([spec])).not.toContain('getent')
  })
})

test('an account may have the same rights on several tables, and no more', () => {
  const tables = ['reading_minute', 'reading_hour'].map(table => ({ database: 'temperature', table }))
  const of = account('job-pi', {
    hosts: ['10.0.0.1'],
    proof: { password: 'hush' },
    tls: false,
    privileges: ['INSERT', 'UPDATE'],
    on: tables,
  }).spec
  const rights = (table: string) =>
    row('grant', "'job-pi'@'10.0.0.1'", 'INSERT', `temperature.${table}`) +
    row('grant', "'job-pi'@'10.0.0.1'", 'UPDATE', `temperature.${table}`)
  const proof = row('proof', 'job-pi', '10.0.0.1', 'mysql_native_password', hash)
  const changes = (output: string) => {
    const [seen] = accountKind.read(output, [of])
    return accountKind.compare(of, seen as never, []).map(change => change.does)
  }
  expect(changes(proof + rights('reading_minute') + rights('reading_hour'))).toEqual([])
  expect(changes(proof + rights('reading_minute'))).toHaveLength(1)
  expect(changes(proof + rights('reading_minute') + rights('reading_hour') + rights('reading'))).toHaveLength(1)
  const [seen] = accountKind.read(proof, [of])
  const [step] = accountKind.change(of, seen as never, [])
  expect(JSON.stringify(step)).toMatch(
    /GRANT INSERT, UPDATE ON `temperature`.`reading_minute`[^]*GRANT INSERT, UPDATE ON `temperature`.`reading_hour`/,
  )
})
