import { describe, expect, test } from 'vitest'
import {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
  Partitioners,
  type PartitionerArgs,
} from 'kafkajs'
import { remembering } from '../../../collector/backends/kafka/client.ts'
import { classifyKafkaError } from '../../../collector/backends/kafka/errors.ts'
import { gathering } from '../../../collector/backends/kafka/gather.ts'
import { kafkaSchema } from '../../../collector/backends/kafka/config.ts'
import { readingOf, recordOf } from '../../../collector/backends/kafka/record.ts'
import { Problem } from '../../../collector/problem.ts'

const answer = (type: string, message = type) => new KafkaJSProtocolError(Object.assign(new Error(message), { type, code: 1 }))
const often = (error: Error) => new KafkaJSNumberOfRetriesExceeded(error, { retryCount: 3, retryTime: 100 })

describe('the config', () => {
  test('has a default for all but its type', () => {
    expect(kafkaSchema.parse({ type: 'kafka' })).toEqual({
      type: 'kafka',
      name: 'kafka',
      hosts: ['127.0.0.1'],
      port: 9092,
      user: 'collector',
      topic: 'temperature',
      batch: 500,
      timeout: 10_000,
    })
  })

  test.each([{ topic: 'a b' }, { topic: '' }, { batch: 0 }, { tls: { ca: '/x', name: 'y' } }, { hosts: ['a:b:c'] }])(
    'refuses %j',
    wrong => {
      expect(kafkaSchema.safeParse({ type: 'kafka', ...wrong }).success).toBe(false)
    },
  )
})

describe('a record', () => {
  test('gives the reading back to the microsecond, whatever is in it', () => {
    for (const reading of [
      { location: 'producer1', date: 1_700_000_000_123_456, value: 48.312, note: '' },
      { location: 'Küche "links"', date: 0, value: -0.1 + 0.3, note: 'line\nline \u{1f321} \\"' },
    ])
      expect(readingOf(recordOf(reading))).toEqual(reading)
  })

  test('has the place as its key and the reading’s own time', () => {
    expect(recordOf({ location: 'p', date: 1_700_000_000_123_999, value: 1, note: 'n' })).toEqual({
      key: 'p',
      value: '{"date":1700000000123999,"value":1,"note":"n"}',
      timestamp: '1700000000123',
    })
  })

  test.each([
    ['', '{"date":1,"value":1,"note":""}'],
    ['p', '{"date":1.5,"value":1,"note":""}'],
    ['p', '{"date":1,"value":"1","note":""}'],
    ['p', '21.5'],
    ['p', 'not JSON'],
  ])('that is no reading is refused: key %j, value %j', (key, value) => expect(() => readingOf({ key, value })).toThrow())
})

describe('the partition of a place', () => {
  const asked = (key: string, partitions: number): PartitionerArgs => ({
    topic: 't',
    partitionMetadata: Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 1 }) as never),
    message: { key, value: '' },
  })

  test('is the one all clients of Kafka choose, also when there are more partitions than before', () => {
    const [own, theirs] = [remembering(Partitioners.DefaultPartitioner)(), Partitioners.DefaultPartitioner()]
    for (const partitions of [4, 4, 64, 4])
      for (let place = 0; place < 1500; place++) {
        const of = asked(`place ${place}`, partitions)
        expect(own(of)).toBe(theirs(of))
      }
  })

  test('is computed once', () => {
    let times = 0
    const own = remembering(() => () => ++times)()
    for (const key of ['a', 'b', 'a', 'b', 'a']) own(asked(key, 4))
    own(asked('a', 5))
    expect(times).toBe(3)
  })
})

describe('what an error means', () => {
  test.each([
    ['TOPIC_AUTHORIZATION_FAILED', 'refused'],
    ['CLUSTER_AUTHORIZATION_FAILED', 'refused'],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'refused'],
    ['INVALID_TIMESTAMP', 'refused'],
    ['MESSAGE_TOO_LARGE', 'reading'],
    ['INVALID_RECORD', 'reading'],
    ['NOT_ENOUGH_REPLICAS', 'transient'],
    ['NOT_LEADER_FOR_PARTITION', 'transient'],
    ['KAFKA_STORAGE_ERROR', 'transient'],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'transient'],
  ])('%s is %s, also in the driver’s wrapping', (code, kind) => {
    expect(classifyKafkaError(answer(code))).toMatchObject({ kind, code })
    expect(classifyKafkaError(often(answer(code, 'because')))).toMatchObject({ kind, code, message: 'because' })
  })

  test('a login that was refused is no login that was cut', () => {
    const login = (message: string) => Object.assign(new KafkaJSNonRetriableError(message), { name: 'KafkaJSSASLAuthenticationError' })
    expect(classifyKafkaError(login('SCRAM failed: Authentication failed due to invalid credentials'))).toMatchObject({
      kind: 'refused',
      code: 'BAD_CREDENTIALS',
      remedy: expect.stringContaining('password file'),
    })
    expect(classifyKafkaError(login('SCRAM failed: Connection closed by the server'))).toMatchObject({ kind: 'transient' })
  })

  test('a broker of another CA, or of another name', () => {
    for (const code of ['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_TLS_CERT_ALTNAME_INVALID'])
      expect(classifyKafkaError(often(new KafkaJSConnectionError('Connection error: x', { broker: 'b', code })))).toMatchObject({
        kind: 'refused',
        code: 'TLS_UNTRUSTED',
      })
  })

  test('a broker that is away, and what nobody knows', () => {
    const gone = new KafkaJSConnectionError('Connection error: connect ECONNREFUSED', { broker: 'b', code: 'ECONNREFUSED' })
    expect(classifyKafkaError(often(gone))).toMatchObject({ kind: 'transient', code: 'ECONNREFUSED' })
    expect(classifyKafkaError('strange')).toMatchObject({ kind: 'transient', message: 'strange' })
  })

  test('a file that cannot be read', () => {
    expect(classifyKafkaError(new Problem('no file', 'make it'))).toMatchObject({
      kind: 'refused',
      code: 'PASSWORD_FILE',
      remedy: 'make it',
    })
    expect(classifyKafkaError(Object.assign(new Error('x'), { code: 'CA_FILE' }))).toMatchObject({ kind: 'refused', code: 'CA_FILE' })
  })
})

describe('gathering', () => {
  const turn = () => new Promise(done => setTimeout(done))

  /** Senders that end when they are told to; what each has been given. */
  function senders(count: number) {
    const given = Array.from({ length: count }, (): (readonly number[])[] => [])
    const releases: (() => void)[] = []
    const all = given.map((sent, sender) => async (items: readonly number[]) => {
      sent.push(items)
      await new Promise<void>(done => (releases[sender] = done))
    })
    return { given, all, release: (sender: number) => releases[sender]?.() }
  }

  test('sends one after the other, and together what came in the same turn or meanwhile', async () => {
    const { given, all, release } = senders(1)
    const send = gathering<number>(4, all)
    const calls = [send([1]), send([2, 3])]
    await turn()
    calls.push(send([4]), send([5, 6]), send([7, 8, 9, 10, 11]))
    for (const _ of [1, 2, 3]) {
      release(0)
      await turn()
    }
    release(0)
    await Promise.all(calls)
    expect(given).toEqual([
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9, 10, 11],
      ],
    ])
  })

  test('another sender only takes what fills a sending, and the first one takes the rest', async () => {
    const { given, all, release } = senders(2)
    const send = gathering<number>(2, all)
    const calls = [send([1])]
    await turn()
    calls.push(send([2]))
    await turn()
    expect(given).toEqual([[[1]], []])
    calls.push(send([3]), send([4]))
    await turn()
    expect(given).toEqual([[[1]], [[2, 3]]])
    release(1)
    await turn()
    expect(given).toEqual([[[1]], [[2, 3]]])
    release(0)
    await turn()
    release(0)
    await Promise.all(calls)
    expect(given).toEqual([[[1], [4]], [[2, 3]]])
  })

  test('whoever asks one thing after the other is served by the first sender, also after a failure', async () => {
    const by: number[] = []
    const send = gathering<number>(
      1,
      [0, 1].map(sender => async ([item]: readonly number[]) => {
        by.push(sender)
        if (item === 2) throw new Error('two')
      }),
    )
    for (const item of [1, 2, 3]) await send([item]).catch(() => {})
    expect(by).toEqual([0, 0, 0])
  })

  test('tells a failure to those it is of, and goes on', async () => {
    const send = gathering<number>(1, [
      async ([item]) => {
        if (item === 2) throw new Error('two')
      },
    ])
    expect((await Promise.allSettled([send([1]), send([2]), send([3])])).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
  })
})
