import { describe, expect, test } from 'vitest'
import { classifyCassandraError } from '../../../collector/backends/cassandra/errors.ts'
import { openBackend } from '../../../collector/backends/kind.ts'
import { registered } from '../../../collector/backends/registry.ts'
import { parseConfig } from '../../../collector/config.ts'
import { loadSettings } from '../../../collector/load/settings.ts'
import { requestsOf } from '../../../collector/backends/cassandra/requests.ts'
import { Problem } from '../../../collector/problem.ts'
import type { Reading } from '../../../collector/reading.ts'

/** As the driver makes them: a name, a message, and what else is known. */
const driverError = (name: string, message: string, more: object = {}): Error => Object.assign(new Error(message), { name, ...more })
const answer = (code: number, message: string): Error => driverError('ResponseError', message, { code })
const wrong = driverError('AuthenticationError', 'Authentication provider: Provided username collector and/or password are incorrect')
const closed = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:9042'), { code: 'ECONNREFUSED' })
const nobody = (innerErrors: object | null): Error =>
  driverError('NoHostAvailableError', 'All host(s) tried for query failed.', { innerErrors })

describe('what an error of Cassandra means', () => {
  test.each<[string, Error, string, string]>([
    ['a wrong password', wrong, 'refused', 'BAD_CREDENTIALS'],
    ['a wrong password, as an answer', answer(0x0100, 'Bad credentials'), 'refused', 'BAD_CREDENTIALS'],
    [
      'accounts on nodes that are away',
      answer(0x0100, 'Unable to perform authentication: Cannot achieve consistency level LOCAL_QUORUM'),
      'transient',
      'UNAVAILABLE',
    ],
    ['no right', answer(0x2100, 'User collector has no MODIFY permission'), 'refused', 'UNAUTHORIZED'],
    ['no keyspace', answer(0x2200, 'Keyspace nowhere does not exist'), 'refused', 'NO_SUCH_KEYSPACE'],
    ['no table', answer(0x2200, 'table nothing does not exist'), 'refused', 'NO_SUCH_TABLE'],
    ['another table', answer(0x2200, 'Undefined column name reading_note in table'), 'refused', 'INVALID'],
    ['a long key', answer(0x2200, 'Key length of 70000 is longer than maximum of 65535'), 'reading', 'INVALID_VALUE'],
    ['a dead owner', answer(0x1000, 'Not enough replicas'), 'transient', 'UNAVAILABLE'],
    ['a slow owner', answer(0x1100, 'Server timeout'), 'transient', 'WRITE_TIMEOUT'],
    ['an answer nobody knows', answer(0x1234, 'new'), 'transient', 'SERVER_4660'],
    ['silence', driverError('OperationTimedOutError', 'did not reply'), 'transient', 'ETIMEDOUT'],
    ['a closed socket', driverError('DriverError', 'Socket was closed', { isSocketError: true }), 'transient', 'SOCKET_CLOSED'],
    ['another datacenter', driverError('ArgumentError', 'localDataCenter was configured as dc9'), 'refused', 'BAD_ARGUMENT'],
    ['a fault of ours', new TypeError('Cannot read properties of undefined'), 'transient', 'TypeError'],
  ])('%s', (_, error, kind, code) => {
    expect(classifyCassandraError(error)).toMatchObject({ kind, code, message: error.message })
  })

  test('of several nodes the one that refuses is told, else all', () => {
    expect(classifyCassandraError(nobody({ 'a:1': closed, 'b:1': wrong }))).toMatchObject({
      kind: 'refused',
      code: 'BAD_CREDENTIALS',
      message: `b:1: ${wrong.message}`,
    })
    expect(classifyCassandraError(nobody({ 'a:1': closed, 'b:1': 'Host considered as DOWN', 'c:1': null }))).toEqual({
      kind: 'transient',
      code: 'NO_HOST_AVAILABLE',
      message: `no node takes it (a:1: ${closed.message}; b:1: Host considered as DOWN; c:1: no answer)`,
    })
    expect(classifyCassandraError(nobody(null))).toMatchObject({ kind: 'transient', message: 'no node takes it' })
  })

  test('a password file that cannot be read is a refusal', () => {
    expect(classifyCassandraError(new Problem('no file', 'make it'))).toEqual({
      kind: 'refused',
      code: 'PASSWORD_FILE',
      message: 'no file',
      remedy: 'make it',
    })
  })
})

describe('config', () => {
  const config = (backend: object) =>
    parseConfig(JSON.stringify({ location: 'p', backends: [{ type: 'mariadb' }, { type: 'cassandra', ...backend }] }), 'x', registered)
      .backends[1]

  test('has defaults for all', async () => {
    expect(config({})).toEqual({
      type: 'cassandra',
      name: 'cassandra',
      hosts: ['127.0.0.1'],
      port: 9042,
      user: 'collector',
      keyspace: 'temperature',
      table: 'reading',
      datacenter: 'dc1',
      consistency: 'localOne',
      inflight: 32,
      batch: 200,
      timeout: 10_000,
    })
    expect(await openBackend(registered, config({ batch: 7 })!, () => '')).toMatchObject({ maxBatch: 7, resolution: 1000 })
  })

  test.each([
    [{ keyspace: 'a"b' }, 'backends.1.keyspace: small letters'],
    [{ database: 'x' }, 'backends.1: Unrecognized key: "database"'],
    // What is only a hint somewhere is not stored.
    [{ consistency: 'any' }, 'backends.1.consistency: '],
    [{ hosts: [] }, 'backends.1.hosts: '],
  ])('refuses %j', (backend, message) => {
    expect(() => config(backend)).toThrow(message)
  })
})

describe('requests', () => {
  const noon = Date.UTC(2024, 1, 29, 12) * 1000
  const reading = (date: number, location = 'p'): Reading => ({ location, date, value: 20, note: 'n' })
  const requests = (readings: readonly Reading[], tables: object = {}) =>
    requestsOf({ keyspace: 'k', table: 't', byDay: 'd', ...tables }, readings)

  test('a reading is a row of both tables', () => {
    expect(requests([reading(noon + 1999)])).toEqual([
      [
        {
          query: 'INSERT INTO "k"."d" (reading_location, reading_day, reading_date, reading_note, reading_value) VALUES (?, ?, ?, ?, ?)',
          params: ['p', '2024-02-29', new Date(noon / 1000 + 1), 'n', 20],
        },
      ],
      [
        {
          query: 'INSERT INTO "k"."t" (reading_location, reading_date, reading_note, reading_value) VALUES (?, ?, ?, ?)',
          params: ['p', new Date(noon / 1000 + 1), 'n', 20],
        },
      ],
    ])
  })

  test('or of one, where the config names no second: an older one goes on', () => {
    expect(requests([reading(noon)], { byDay: undefined })).toHaveLength(1)
  })

  test('those of one day at one place go to the second table together, all others alone', () => {
    const midnight = Date.UTC(2024, 2, 1) * 1000
    const lengths = requests([reading(noon), reading(midnight - 1), reading(midnight), reading(noon, 'q'), reading(midnight + 1000)]).map(
      request => request.length,
    )
    expect(lengths).toEqual([2, 2, 1, 1, 1, 1, 1, 1])
    const many = Array.from({ length: 450 }, (_, i) => reading(noon + i * 1000))
    expect(
      requests(many)
        .slice(0, 4)
        .map(request => request.length),
    ).toEqual([200, 200, 50, 1])
    expect(requests(many)).toHaveLength(453)
  })
})

describe('flags of the load tool', () => {
  const flags = { threads: 1, inflight: 1, duration: 1, note: '', sensor: 's' }

  test('become the backend’s config', () => {
    expect(
      loadSettings(
        { ...flags, backend: 'cassandra', host: ['a', 'b:1'], keyspace: 'k', datacenter: 'd', consistency: 'all' },
        { COLLECT_PASSWORD: 'x' },
        registered,
      ),
    ).toMatchObject({
      password: 'x',
      backend: {
        type: 'cassandra',
        hosts: ['a', 'b:1'],
        keyspace: 'k',
        table: 'reading',
        byDay: 'reading_by_day',
        datacenter: 'd',
        consistency: 'all',
      },
    })
  })

  test('leave the second table out, or name it', () => {
    expect(loadSettings({ ...flags, backend: 'cassandra', byDay: false }, {}, registered).backend).not.toHaveProperty('byDay')
    expect(loadSettings({ ...flags, backend: 'cassandra', byDay: 'd' }, {}, registered).backend).toHaveProperty('byDay', 'd')
    expect(loadSettings({ ...flags, backend: 'mariadb', byDay: false }, {}, registered).backend).not.toHaveProperty('byDay')
  })

  test.each([
    [{ backend: 'cassandra', database: 'x' }, '--database: cassandra has no such thing', expect.stringContaining('--keyspace')],
    [{ backend: 'mariadb', keyspace: 'x' }, '--keyspace: mariadb has no such thing', expect.stringContaining('--database')],
    [{ backend: 'mariadb', consistency: 'one' }, '--consistency: mariadb has no such thing', expect.stringContaining('it has --host')],
    [{ backend: 'mariadb', byDay: 'x' }, '--by-day: mariadb has no such thing', expect.stringContaining('it has --host')],
    [{ backend: 'cassandra', byDay: 'A b' }, '--by-day: small letters', 'see collect --help'],
    [{ backend: 'cassandra', keyspace: 'A b' }, '--keyspace: small letters', 'see collect --help'],
  ])('%j is wrong use', (given, message, remedy) => {
    expect(() => loadSettings({ ...flags, ...given }, {}, registered)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) as string, remedy, exitCode: 64 }),
    )
  })
})
