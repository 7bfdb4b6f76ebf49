import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { messagesOf } from '../../../collector/backends/mqtt/message.ts'
import { recordOf } from '../../../collector/backends/kafka/record.ts'
import { registered } from '../../../collector/backends/registry.ts'
import { healthOf } from '../../../roles/health-answer.ts'
import { parseSinkConfig } from '../../../collector/sink/config.ts'
import { createSinkHealth } from '../../../collector/sink/health.ts'
import { beginningsOf, goneOf, lagOf } from '../../../collector/sink/lag.ts'
import { lastOfEach, letterOf, lettersText, readLetter } from '../../../collector/sink/letters.ts'
import { letterFile } from '../../../collector/sink/mqtt/letters.ts'
import { readingsIn } from '../../../collector/sink/mqtt/messages.ts'
import { eachOnce, isReading, readingIn, type SinkReading, type SourceRecord } from '../../../collector/sink/records.ts'

const record = (key: string | Buffer | null, value: string | Buffer | null, offset = '7'): SourceRecord => ({
  partition: 3,
  offset,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
})
const reading = { location: 'Küche', date: 1_700_000_000_123_456, value: 48.312, note: 'n' }
const sent = (change: object = {}) => {
  const { key, value } = recordOf({ ...reading, ...change })
  return record(key, value)
}

describe('a record of the topic', () => {
  test('holds the reading that was sent', () => expect(readingIn(sent())).toEqual({ ...reading, record: sent() }))

  test.each([
    ['no key', record(null, '{}'), 'NOT_A_READING'],
    ['an empty key', record('', '{"date":1,"value":1,"note":""}'), 'NOT_A_READING'],
    ['a tombstone', record('p', null), 'NOT_A_READING'],
    ['no JSON', record('p', 'hello'), 'NOT_A_READING'],
    ['a field of another type', record('p', '{"date":1,"value":"21","note":""}'), 'NOT_A_READING'],
    ['a key that is no text', record(Buffer.from([0xff, 0xfe]), '{"date":1,"value":1,"note":""}'), 'NOT_A_READING'],
    ['a value that is no text', record('p', Buffer.from([0x22, 0xff, 0x22])), 'NOT_A_READING'],
    ['a date before 1970', sent({ date: -1 }), 'IMPOSSIBLE_VALUE'],
    ['a date no store has', sent({ date: 8_640_000_000_000_001_000 }), 'NOT_A_READING'],
    ['colder than cold', sent({ value: -273.16 }), 'IMPOSSIBLE_VALUE'],
    ['hotter than anything', sent({ value: 1e300 }), 'IMPOSSIBLE_VALUE'],
  ])('with %s is none', (_what, wrong, code) => {
    const found = readingIn(wrong)
    expect(isReading(found)).toBe(false)
    expect(found).toMatchObject({ code, message: expect.stringMatching(/./) })
  })

  test('at the bounds is one', () => {
    for (const change of [{ date: 0 }, { date: Number.MAX_SAFE_INTEGER }, { value: -273.15 }, { value: 10_000 }])
      expect(isReading(readingIn(sent(change)))).toBe(true)
  })
})

test('a reading that came twice is stored once, and two of one key that differ are both tried', () => {
  const [one, other] = [readingIn(sent()), readingIn(sent({ value: 49 }))] as SinkReading[]
  if (!one || !other) throw new Error('no readings')
  expect(eachOnce([one, other, { ...one, record: record('x', 'y', '8') }])).toEqual([one, other])
})

describe('a dead letter', () => {
  const reason = { code: 'NOT_A_READING', message: 'no JSON', group: 'sink.mariadb' }
  /** As it comes back from a broker. */
  const back = (whole = true, of = record('p', 'hello', '12')) => {
    const { key, value, headers } = letterOf('temperature', of, reason, whole)
    return readLetter({ key: key as Buffer, value: value as Buffer, headers: headers ?? {} })
  }

  test('has the record as it was, the reason and where it came from', () =>
    expect(back()).toEqual({ ...reason, topic: 'temperature', record: record('p', 'hello', '12') }))

  test('that is too long for the topic keeps the beginning, and says how long it was', () => {
    const cut = back(false, record('p', 'x'.repeat(5000)))
    expect(cut?.record.value).toHaveLength(1024)
    expect(cut?.cut).toBe(5000)
  })

  test('keeps a tombstone', () => expect(back(true, record(null, null))?.record).toEqual(record(null, null)))

  test('is nothing that somebody else wrote there', () =>
    expect(readLetter({ key: null, value: Buffer.from('x'), headers: {} })).toBeUndefined())

  test('is shown once for each record, as it was refused last, and to the group it is of', () => {
    const [first, again] = [back(), { ...back(), message: 'still no JSON' }] as NonNullable<ReturnType<typeof back>>[]
    if (!first || !again) throw new Error('no letters')
    expect(lastOfEach([first, again, { ...first, group: 'other' }], 'sink.mariadb')).toEqual([again])
    expect(lettersText([again])).toBe('temperature 3:12  NOT_A_READING: still no JSON\n  key "p", value "hello"\n')
    expect(lettersText([])).toBe('no dead letters\n')
  })
})

describe('lag', () => {
  const at = (committed: bigint | undefined, low: bigint, high: bigint) => ({ partition: 0, committed, low, high })

  test('is what is after the committed offset; of a new group, all there is', () => {
    expect(lagOf(at(10n, 0n, 25n))).toBe(15)
    expect(lagOf(at(25n, 0n, 25n))).toBe(0)
    expect(lagOf(at(undefined, 5n, 25n))).toBe(20)
    expect(lagOf(at(3n, 5n, 25n))).toBe(20)
  })

  test('what retention took before it was stored is told; what was gone before the group began is not', () => {
    expect(goneOf(at(3n, 5n, 25n))).toEqual([3n, 5n])
    expect(goneOf(at(5n, 5n, 25n))).toBeUndefined()
    expect(goneOf(at(undefined, 5n, 25n))).toBeUndefined()
  })

  test('a group begins in the partitions a member has and nobody had before', () => {
    const lags = [at(undefined, 5n, 25n), at(7n, 5n, 25n), at(undefined, 0n, 0n), at(undefined, 1n, 2n)].map((lag, partition) => ({
      ...lag,
      partition,
    }))
    expect(beginningsOf(lags, [0, 1, 2]).map(({ partition, low }) => [partition, low])).toEqual([
      [0, 5n],
      [2, 0n],
    ])
  })
})

describe('health of a sink', () => {
  const page = (tell: (health: ReturnType<typeof createSinkHealth>) => void) => {
    const health = createSinkHealth('kafka', 'mariadb', true, () => 0)
    tell(health)
    const { status, body } = health.page()
    return { status, body, ...healthOf(`HTTP/1.1 ${status} X\r\n\r\n${body}`) }
  }

  test('is not known before both ends were tried', () => {
    const half = page(health => health.joined('member'))
    expect(half).toMatchObject({ status: 503, sure: false, ill: [], untried: ['mariadb: not tried yet'] })
    expect(half.body).toMatch(/^starting\n/)
    expect(page(() => {})).toMatchObject({ status: 503, sure: false, untried: ['kafka: not tried yet', 'mariadb: not tried yet'] })
  })

  test('is well in the group, with its store', () => {
    const well = page(health => {
      health.stored()
      health.joined('member of the group g, with 12 partitions')
      health.lag(3)
    })
    expect(well).toMatchObject({ status: 200, sure: true, away: [] })
    expect(well.body).toContain('kafka: member of the group g, with 12 partitions\n')
    expect(well.body).toContain('lag: 3 readings wait\n')
  })

  test('a store that is away is none of its illnesses, one that refuses is, with the remedy', () => {
    const failed = (kind: 'transient' | 'refused') =>
      page(health => {
        health.joined('member')
        health.failed('mariadb', { kind, code: 'X', message: 'no', remedy: 'do this' })
      })
    expect(failed('transient')).toMatchObject({ status: 200, away: ['mariadb: away (X: no); do this'] })
    expect(failed('refused')).toMatchObject({ status: 503, ill: ['mariadb: refuses us (X: no); do this'] })
  })

  test('dead letters and records that are gone make it ill', () => {
    const lost = page(health => {
      health.stored()
      health.joined('member')
      health.buried('NOT_A_READING: no JSON')
      health.gone('records 3 to 4 of partition 0 are gone')
    })
    expect(lost.ill).toEqual([
      'dead letters: 1, the last 0.0 s ago (NOT_A_READING: no JSON); `collect dead-letters` shows them',
      'lost: records 3 to 4 of partition 0 are gone',
    ])
  })
})

describe('a message of MQTT', () => {
  const message = (payload: string | Buffer, topic = 'temperature/p1/reading') => ({ topic, payload: Buffer.from(payload) })
  const of = (each: ReturnType<typeof message>) => readingsIn(each, 'temperature/+/reading')
  const sentBy = (location: string) => messagesOf([{ ...reading, location }], 10)[0] ?? ''

  test('holds the readings that were sent', () => expect(of(message(sentBy('p1')))).toEqual([{ ...reading, location: 'p1' }]))

  test('of another place than its topic’s is none: the broker knows who published', () =>
    expect(of(message(sentBy('p2')))).toMatchObject({ code: 'OF_ANOTHER_PLACE' }))

  test.each(['', 'hello', '{}', Buffer.from([0xff, 0xfe])])('that is none says why: %j', wrong =>
    expect(of(message(wrong))).toMatchObject({ code: 'NOT_A_READING', message: expect.stringMatching(/./) }),
  )
})

describe('dead letters in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'letters-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const letter = (code: string) => ({ topic: 't', code, message: 'why', content: Buffer.from([0, 0xff]) })

  test('are kept as they were; those of a replay that was cut off are there again, and half a line harms none', async () => {
    const file = join(folder, 'a')
    letterFile(file).add(letter('A'))
    appendFileSync(file, '{"half')
    letterFile(file).add(letter('B'))
    expect(letterFile(file).all()).toEqual([letter('A'), letter('B')])
    const { letters } = await letterFile(file).takeAll()
    expect(letters).toEqual([letter('A'), letter('B')])
    letterFile(file).add(letter('C'))
    expect(
      letterFile(file)
        .all()
        .map(({ code }) => code),
    ).toEqual(['A', 'B', 'C'])
    const again = await letterFile(file).takeAll()
    expect(again.letters.map(({ code }) => code)).toEqual(['A', 'B', 'C'])
    again.done()
    expect(letterFile(file).all()).toEqual([])
  })

  test('have an end: the oldest go first', () => {
    const file = join(folder, 'b')
    const large = { ...letter('X'), content: Buffer.alloc(1024 * 1024) }
    for (let count = 0; count < 12; count++) letterFile(file).add(large)
    expect(statSync(file).size + statSync(`${file}.1`).size).toBeLessThan(13 * 1024 * 1024)
  })
})

describe('the config of a sink', () => {
  const parse = (config: object) => parseSinkConfig(JSON.stringify(config), 'x', registered)
  const from = { type: 'kafka', group: 'g' }

  test('has a default for all but the group and the store', () => {
    expect(parse({ from, to: { type: 'mariadb' } })).toMatchObject({
      from: { topic: 'temperature', deadLetters: 'temperature.dead', session: 10_000, user: 'sink' },
      to: { type: 'mariadb', batch: 200 },
      metrics: { port: 9465 },
    })
    expect(parse({ from: { ...from, topic: 'warmth' }, to: { type: 'cassandra' } }).from.deadLetters).toBe('warmth.dead')
  })

  test.each([
    [{ from: { type: 'kafka' }, to: { type: 'mariadb' } }, 'from.group'],
    [{ from, to: { type: 'kafka' } }, 'to.type'],
    [{ from: { ...from, session: 1 }, to: { type: 'mariadb' } }, 'from.session'],
    [{ from, to: { type: 'mariadb' }, more: 1 }, 'more'],
  ])('refuses %j', (config, field) => expect(() => parse(config)).toThrow(field))
})
