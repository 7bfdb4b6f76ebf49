import { describe, expect, test } from 'vitest'
import { awsiotSchema } from '../../../collector/backends/awsiot/config.ts'
import { classifyAwsiotError } from '../../../collector/backends/awsiot/errors.ts'
import { messagesOf, mostBytes, readingsOf } from '../../../collector/backends/mqtt/message.ts'
import { pace, window } from '../../../collector/backends/mqtt/pace.ts'
import { Refused } from '../../../collector/backends/mqtt/refused.ts'
import type { Reading } from '../../../collector/reading.ts'

const made = (location: string, count: number, note = ''): readonly Reading[] =>
  Array.from({ length: count }, (_, index) => ({ location, date: 1_700_000_000_000_001 + index, value: -0.1 + 0.3, note }))

describe('the config', () => {
  test('needs the thing, and has a default for all else', () => {
    expect(awsiotSchema.parse({ type: 'awsiot', thing: 'producer1' })).toEqual({
      type: 'awsiot',
      name: 'awsiot',
      hosts: [],
      port: 8883,
      thing: 'producer1',
      folder: '/etc/awsiot',
      topic: 'temperature/{thing}/reading',
      clientId: 'thing',
      qos: 1,
      messages: 80,
      batch: 500,
      timeout: 10_000,
    })
  })

  test.each([{ thing: 'a b' }, { thing: '' }, { topic: 'a/#' }, { topic: 'a/+/b' }, { qos: 2 }, { hosts: ['a', 'b'] }, { clientId: 'x' }])(
    'refuses %j',
    wrong => {
      expect(awsiotSchema.safeParse({ type: 'awsiot', thing: 'producer1', ...wrong }).success).toBe(false)
    },
  )
})

describe('messages', () => {
  test('give the readings back, whatever is in them, in order', () => {
    const readings = [...made('a', 3, 'line\nline \u{1f321} "\\'), ...made('Küche "links"', 2), ...made('a', 1)]
    expect(messagesOf(readings, 500).flatMap(readingsOf)).toEqual(readings)
    expect(messagesOf(readings, 2)).toHaveLength(4)
    expect(messagesOf([], 500)).toEqual([])
  })

  test('are never larger than AWS takes', () => {
    const messages = messagesOf(made('\u{1f321}'.repeat(32), 1000, '\u0001'.repeat(200)), 1000)
    expect(messages.length).toBeGreaterThan(1)
    for (const message of messages) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(mostBytes)
    expect(messages.flatMap(readingsOf)).toHaveLength(1000)
  })
})

describe('the pace', () => {
  test('lets so many a second pass in any second, and what was saved is a tenth of that', () => {
    let at = 0
    const wait = pace(80, undefined, () => at)
    const times: number[] = []
    for (let call = 0; call < 1000; call++) {
      at += wait()
      times.push(at)
      if (call === 500) at += 60_000
    }
    for (const from of times) expect(times.filter(time => time >= from && time < from + 1000).length).toBeLessThanOrEqual(88)
    expect((times[500] ?? 0) / 1000).toBeCloseTo(500 / 80, 0)
  })

  test('of calls that wait together keeps each apart from the other', () => {
    const wait = pace(10, 1, () => 0)
    expect([wait(), wait(), wait()]).toEqual([0, 100, 200])
    expect(pace(0)()).toBe(0)
  })

  test('a window has so many under way, and goes on after a failure', async () => {
    const inWindow = window(2)
    let now = 0
    let most = 0
    const work = (fails: boolean) => async () => {
      most = Math.max(most, ++now)
      await new Promise(resolve => setTimeout(resolve, 1))
      now--
      if (fails) throw new Error('no')
    }
    const all = await Promise.allSettled([true, false, true, false, false].map(fails => inWindow(1, work(fails))))
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(most).toBe(2)
  })
})

describe('an error', () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code })

  test.each([
    [new Refused('Publish error: Not authorized', 135), 'refused', 'NOT_AUTHORIZED'],
    [new Refused('Connection refused: Not authorized', 5), 'refused', 'NOT_AUTHORIZED'],
    [new Refused('the broker ended the connection', 142), 'refused', 'TAKEN_OVER'],
    [new Refused('too large', 149), 'reading', 'TOO_LARGE'],
    [new Refused('busy', 137), 'transient', 'MQTT_137'],
    [coded('NO_CERTIFICATE_YET'), 'transient', 'NO_CERTIFICATE_YET'],
    [coded('NEW_CERTIFICATE'), 'transient', 'NEW_CERTIFICATE'],
    [coded('KEY_FILE'), 'refused', 'KEY_FILE'],
    [coded('CERT_NOT_YET_VALID'), 'transient', 'CLOCK'],
    [coded('CERT_HAS_EXPIRED'), 'refused', 'CERT_HAS_EXPIRED'],
    [coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'refused', 'TLS_UNTRUSTED'],
    [coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), 'refused', 'CERTIFICATE_REFUSED'],
    [coded('ECONNREFUSED'), 'transient', 'ECONNREFUSED'],
    [coded('CA_FILE'), 'refused', 'CA_FILE'],
    [new Error('never heard of'), 'transient', 'Error'],
  ])('%o is %s, %s', (error, kind, code) => {
    expect(classifyAwsiotError(error)).toMatchObject({ kind, code })
  })

  test('tells a wrong clock from a wrong certificate', () => {
    expect(classifyAwsiotError(coded('CERT_NOT_YET_VALID')).remedy).toMatch(/clock/)
    expect(classifyAwsiotError(coded('ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN')).remedy).toMatch(/active and attached/)
  })
})
