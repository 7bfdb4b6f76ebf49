import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import encoder from 'kafkajs/src/protocol/encoder.js'
import produce, { type Produce } from 'kafkajs/src/protocol/requests/produce/index.js'
import { LocationBatch, teach } from '../../../collector/backends/kafka/batch.ts'
import { batchBytes, crc32c, encodeReadings } from '../../../collector/backends/kafka/encode.ts'
import { recordOf, valueOf, valueWriter } from '../../../collector/backends/kafka/record.ts'
import type { Reading } from '../../../collector/reading.ts'

interface Decoded {
  readonly records: readonly { readonly key: Buffer; readonly value: Buffer; readonly timestamp: string; readonly offset: string }[]
  readonly producerId: string
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly lastOffsetDelta: number
  readonly maxTimestamp: string
}

const require = createRequire(import.meta.url)
const Decoder = require('kafkajs/src/protocol/decoder.js') as new (bytes: Buffer) => object
const decode = require('kafkajs/src/protocol/recordBatch/v0/decoder.js') as (decoder: object) => Promise<Decoded>

const readings = (count: number, change: (index: number) => Partial<Reading> = () => ({})): readonly Reading[] =>
  Array.from({ length: count }, (_, index) => ({
    location: 'Küche',
    date: 1_790_000_000_000_000 + index * 997_001,
    value: 20 + index / 1000,
    note: 'n',
    ...change(index),
  }))
const numbered = { producerId: 4_000_000_000_123n, producerEpoch: 3, firstSequence: 2_000_000_000 }
const decoded = async (of: readonly Reading[]) => decode(new Decoder(batchBytes(await encodeReadings(of), numbered)))

/** A request as the driver's producer makes it, encoded. */
async function requested(messages: unknown, version = 7): Promise<Buffer> {
  const partitions = [{ partition: 5, firstSequence: 40, messages }]
  const asked = { producerId: '77', producerEpoch: 0, acks: -1, timeout: 30_000, compression: 1, topicData: [{ topic: 't', partitions }] }
  return (
    await produce
      .protocol({ version })(asked as Produce)
      .request.encode()
  ).buffer
}

describe('a batch of records', () => {
  test('gives each reading back, whatever is in it and however far its dates are apart', async () => {
    const strange = [
      { date: 0, note: '' },
      { date: 8_640_000_000_000_000, note: 'line\n\u{1f321} "\\' },
      { date: 1_790_000_000_000_999, note: 'x'.repeat(70_000), value: -0.1 },
    ]
    const all = [...readings(200), ...readings(3, index => strange[index] ?? {}), ...readings(100, () => ({ location: 'a' }))]
    const { records, ...batch } = await decoded(all)
    expect(batch).toMatchObject({
      producerId: '4000000000123',
      producerEpoch: 3,
      firstSequence: 2_000_000_000,
      lastOffsetDelta: 302,
      maxTimestamp: '8640000000000',
    })
    expect(records.map(({ key, value, timestamp }) => ({ key: String(key), value: String(value), timestamp }))).toEqual(all.map(recordOf))
    expect(records.map(({ offset }) => Number(offset))).toEqual(all.map((_, index) => index))
  })

  test('is what the driver makes of the same readings, byte by byte', async () => {
    const all = readings(700)
    const theirs = await requested(all.map(recordOf))
    teach(produce, encoder)
    teach(produce, encoder)
    const [ours, stillTheirs] = [await requested(new LocationBatch(all).messages), await requested(all.map(recordOf))]
    expect(ours.equals(theirs)).toBe(true)
    expect(stillTheirs.equals(theirs)).toBe(true)
  })

  test('is summed as Kafka sums', () => {
    // Formula and check value of CRC-32C: RFC 3720, B.4
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })
})

test('the driver asks for its partition once, and gets all of it', () => {
  const batch = new LocationBatch(readings(500))
  let times = 0
  const groups = batch.reduce((before, { key }) => {
    times++
    expect(key).toBe('Küche')
    return { ...before, 7: [{ key }] }
  }, {})
  expect([times, batch.length, batch.find(), groups['7']]).toEqual([1, 500, undefined, batch])
})

test('values written one after the other are those of each alone', () => {
  const reading = fc.record({
    location: fc.constant('a'),
    date: fc.oneof(fc.integer(), fc.double()),
    value: fc.oneof(fc.integer(), fc.double()),
    // Often the one before.
    note: fc.oneof(fc.constant('same'), fc.constant('Küche "\n'), fc.string({ unit: 'binary' })),
  })
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 20 }), all => {
      const write = valueWriter()
      expect(all.map(write)).toEqual(all.map(one => ({ text: valueOf(one), size: Buffer.byteLength(valueOf(one)) })))
    }),
  )
})
