import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { duration, list, whole } from '../../../collector/arguments.ts'
import { parseAddress } from '../../../collector/backends/address.ts'
import { classifyMariadbError } from '../../../collector/backends/mariadb/errors.ts'
import { compareRows, sqlDate } from '../../../collector/backends/mariadb/rows.ts'
import { registered } from '../../../collector/backends/registry.ts'
import { readingClock } from '../../../collector/clock.ts'
import { queueText } from '../../../collector/commands/queue.ts'
import { intervalOf, parseConfig } from '../../../collector/config.ts'
import { deadLetterFile } from '../../../collector/dead-letters.ts'
import { deal } from '../../../collector/load/options.ts'
import { loadSettings } from '../../../collector/load/settings.ts'
import { sparing } from '../../../collector/log.ts'
import { passwordPath } from '../../../collector/password.ts'
import { Problem } from '../../../collector/problem.ts'
import { parseTemperature, readSensor } from '../../../collector/sensor.ts'
import { collectorUnit } from '../../../collector/unit.ts'

describe('sensor', () => {
  test('thousandths of a degree become °C', () => {
    expect(parseTemperature('48312\n', 'x')).toBe(48.312)
    expect(parseTemperature('-1500\n', 'x')).toBe(-1.5)
  })

  test.each(['', 'abc', '48.3', '999999', '-70000', '1e3'])('%j is garbage', text => {
    expect(() => parseTemperature(text, '/sys/x')).toThrow('sensor /sys/x holds')
  })

  test('a missing one is named with what to do', () => {
    expect(() => readSensor('/nowhere/temp')).toThrow(
      expect.objectContaining({ kind: 'missing', message: 'sensor /nowhere/temp does not exist' }),
    )
  })
})

describe('clock', () => {
  test('dates grow, whatever the wall clock does, and clocks of one location never meet', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1 }), (step, times) => {
        const given = new Set<number>()
        for (let offset = 0; offset < step; offset++) {
          let turn = 0
          let last = -Infinity
          const clock = readingClock({ step, offset, now: () => times[turn++ % times.length] ?? 0 })
          for (let i = 0; i < times.length * 2; i++) {
            const date = clock.next()
            expect(date).toBeGreaterThan(last)
            expect(given.has(date)).toBe(false)
            given.add(date)
            last = date
          }
        }
      }),
    )
  })

  test('follows the wall clock where it can', () => {
    expect(readingClock({ step: 1000, offset: 0, now: () => 1_700_000_000_123_456 }).next()).toBe(1_700_000_000_123_000)
  })
})

describe('config', () => {
  const least = { location: 'producer1', backends: [{ type: 'mariadb' }] }

  test('has defaults for all but location and backends', () => {
    const settings = parseConfig(JSON.stringify(least), 'x', registered)
    expect(settings).toMatchObject({
      sensor: '/sys/class/thermal/thermal_zone0/temp',
      queue: { directory: '/var/lib/collector/queue', sync: 'behind', syncInterval: 1000 },
      metrics: { port: 9464 },
      backends: [{ name: 'mariadb', hosts: ['127.0.0.1'], port: 3306, database: 'temperature', table: 'reading' }],
    })
    expect(intervalOf(settings)).toBe(1000)
    expect(intervalOf(parseConfig(JSON.stringify({ ...least, rate: 50 }), 'x', registered))).toBe(20)
  })

  test.each([
    [{ ...least, intervall: 20 }, '(whole file): Unrecognized key: "intervall"'],
    [{ ...least, interval: 20, rate: 50 }, 'give interval or rate, not both'],
    [{ ...least, backends: [{ type: 'mysql' }] }, 'backends.0.type: '],
    [{ ...least, backends: [{ type: 'mariadb', password: 'x' }] }, 'backends.0: Unrecognized key: "password"'],
    [{ ...least, backends: [{ type: 'mariadb' }, { type: 'mariadb' }] }, 'two backends have the same name'],
    [{ ...least, backends: [{ type: 'mariadb', hosts: ['a b'] }] }, 'backends.0.hosts.0: not a host'],
    [{ ...least, backends: [{ type: 'mariadb', table: 'a`b' }] }, 'backends.0.table: letters, digits'],
  ])('refuses %j', (config, message) => {
    expect(() => parseConfig(JSON.stringify(config), 'x', registered)).toThrow(message)
  })

  test('a password file without a path is a credential of systemd, else beside the config', () => {
    expect(passwordPath('db', '/etc/collector/config.json', '/run/credentials/collector.service')).toBe(
      '/run/credentials/collector.service/db',
    )
    expect(passwordPath('db', '/etc/collector/config.json', undefined)).toBe('/etc/collector/db')
    expect(passwordPath('/a/b', '/etc/collector/config.json', '/run/credentials/collector.service')).toBe('/a/b')
  })
})

describe('arguments', () => {
  test('times', () => {
    expect(['500ms', '30s', '3m', '1h', '2', '1.5m'].map(duration)).toEqual([500, 30_000, 180_000, 3_600_000, 2000, 90_000])
    for (const wrong of ['', '0', '3x', '-1s', '999h', 'm']) expect(() => duration(wrong)).toThrow('Give a time')
  })

  test('whole numbers and lists', () => {
    expect(whole(1, 8)('8')).toBe(8)
    for (const wrong of ['0', '9', '1.5', 'x', '']) expect(() => whole(1, 8)(wrong)).toThrow('from 1 to 8')
    expect(list('c', list('a,b'))).toEqual(['a', 'b', 'c'])
  })

  test('addresses', () => {
    expect(['mysql', 'mysql:1', '10.0.0.1:3306', '[fd00::1]:3306', '[fd00::1]', 'fd00::1', 'a:0', 'a:99999', ''].map(parseAddress)).toEqual(
      [
        { host: 'mysql' },
        { host: 'mysql', port: 1 },
        { host: '10.0.0.1', port: 3306 },
        { host: 'fd00::1', port: 3306 },
        { host: 'fd00::1' },
        undefined,
        undefined,
        undefined,
        undefined,
      ],
    )
  })
})

describe('mariadb', () => {
  test('dates are UTC to the microsecond', () => {
    expect(sqlDate(1_700_000_000_123_456)).toBe('2023-11-14 22:13:20.123456')
    expect(sqlDate(1_700_000_000_000_007)).toBe('2023-11-14 22:13:20.000007')
  })

  test.each([
    ['ER_ACCESS_DENIED_ERROR', 'refused'],
    ['ER_BAD_DB_ERROR', 'refused'],
    ['ER_NO_SUCH_TABLE', 'refused'],
    ['ER_NO_DEFAULT_FOR_FIELD', 'refused'],
    ['DUPLICATE_WITHOUT_ROW', 'refused'],
    ['KEY_TAKEN', 'reading'],
    ['ER_DATA_TOO_LONG', 'reading'],
    ['ER_CONSTRAINT_FAILED', 'reading'],
    ['ECONNREFUSED', 'transient'],
    ['ER_LOCK_DEADLOCK', 'transient'],
    ['ER_RECORD_FILE_FULL', 'transient'],
    ['ER_SOMETHING_NEW', 'transient'],
  ])('%s is %s', (code, kind) => {
    expect(classifyMariadbError(Object.assign(new Error('x'), { code }))).toMatchObject({ kind, code })
  })

  test('a row is a reading’s own only with the same value and note', () => {
    const reading = { location: 'p', date: 1_700_000_000_123_000, value: 20.125, note: 'n' }
    const row = { location: 'p', date: '2023-11-14 22:13:20.123000', value: 20.125, note: 'n' }
    const later = { ...reading, date: reading.date + 1000 }
    expect(compareRows([reading, later], [row])).toEqual({ missing: [later], foreign: undefined })
    for (const other of [
      { ...row, value: 20.1 },
      { ...row, note: '' },
      { ...row, value: null },
      { ...row, note: null },
    ])
      expect(compareRows([reading], [other])).toEqual({ missing: [], foreign: other })
    expect(compareRows([reading], [{ ...row, date: '2023-11-14 22:13:20' }])).toEqual({ missing: [reading], foreign: undefined })
  })

  test('a password file that cannot be read is a refusal; a statement is not in the message', () => {
    expect(classifyMariadbError(new Problem('no file', 'make it'))).toEqual({
      kind: 'refused',
      code: 'PASSWORD_FILE',
      message: 'no file',
      remedy: 'make it',
    })
    const error = Object.assign(new Error('short\nsql: INSERT … secret'), { code: 'ER_X', sqlMessage: 'short' })
    expect(classifyMariadbError(error).message).toBe('short')
  })
})

test('dead letters are JSON lines', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dead-'))
  const path = join(directory, 'letters')
  const reading = { location: 'p', date: 1, value: 2, note: '' }
  deadLetterFile(path)('db', reading, { kind: 'reading', code: 'ER_X', message: 'no' })
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ backend: 'db', code: 'ER_X', message: 'no', reading })
  writeFileSync(path, 'x'.repeat(600_000))
  deadLetterFile(path)('db', reading, { kind: 'reading', code: 'ER_X', message: 'no' })
  expect(readFileSync(`${path}.1`, 'utf8')).toHaveLength(600_000)
  rmSync(directory, { recursive: true })
})

test('a topic is said once a period', () => {
  const said: string[] = []
  let now = 0
  const log = sparing(
    (_, message) => said.push(message),
    60_000,
    () => now,
  )
  for (const at of [0, 1000, 59_999, 60_000]) {
    now = at
    log('a', 'error', `a${at}`)
  }
  log('b', 'error', 'b')
  expect(said).toEqual(['a0', 'a60000', 'b'])
})

test('threads are dealt out to workers', () => {
  expect(deal(5, 2)).toEqual([
    [0, 2, 4],
    [1, 3],
  ])
  expect(deal(2, 2)).toEqual([[0], [1]])
})

test('the password of the load tool comes from the environment or a file', () => {
  const flags = { backend: 'mariadb', threads: 1, inflight: 1, duration: 1, note: '', sensor: 's', host: ['db:1'] }
  expect(loadSettings(flags, { COLLECT_PASSWORD: 'x' }, registered)).toMatchObject({
    password: 'x',
    backend: { hosts: ['db:1'], user: 'collector' },
  })
  expect(() => loadSettings({ ...flags, host: ['a b'] }, {}, registered)).toThrow('--host: not a host')
})

test('the state of a queue for a person', () => {
  const state = {
    directory: '/q',
    segments: 2,
    bytes: 2048,
    first: 1,
    last: 9,
    backends: [
      { name: 'mariadb', length: 9, oldest: 1_700_000_000_000_000 },
      { name: 'b', length: 0, oldest: undefined },
    ],
  }
  expect(queueText(state, 1024 * 1024, 1_700_000_060_000)).toBe(
    '2.0 KiB of 1024 KiB in 2 files\nmariadb: 9 readings, oldest 2023-11-14T22:13:20.000Z (60 s ago)\nb: 0 readings\n',
  )
})

test('the unit runs the bundle with its heap below its memory limit, and passes credentials', () => {
  const unit = collectorUnit({ credentials: { 'mariadb-password': '/etc/collector/mariadb-password' } })
  expect(unit).toContain(
    'ExecStart=/usr/bin/node --max-old-space-size=32 --max-semi-space-size=1 /opt/collector/collect.cjs agent --config /etc/collector/config.json\n',
  )
  expect(unit).toContain('LoadCredential=mariadb-password:/etc/collector/mariadb-password\n')
  expect(unit).toContain('MemoryMax=96M\n')
  expect(unit).toContain('WatchdogSec=3min\n')
  expect(unit).toContain('NotifyAccess=all\n')
})
