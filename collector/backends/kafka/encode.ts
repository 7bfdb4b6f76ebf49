import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Reading } from '../../reading.ts'
import { timestampOf, valueWriter } from './record.ts'

/** Records of one partition as they go to a broker, but for what is known of them only when they are sent. */
export interface EncodedRecords {
  readonly count: number
  /** Milliseconds since 1970. */
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  /** All records one after the other, in gzip. */
  readonly compressed: Buffer
}

/** Who sends a batch, and which number its first record has for brokers. */
export interface Numbered {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly firstSequence: number
}

const compress = promisify(gzip)

/** Encodes readings in Kafka's record format 2, and compresses them aside of the main thread. */
export async function encodeReadings(readings: readonly Reading[]): Promise<EncodedRecords> {
  const timestamps = readings.map(timestampOf)
  return {
    count: readings.length,
    firstTimestamp: timestamps[0] ?? 0,
    maxTimestamp: timestamps.reduce((one, other) => Math.max(one, other), timestamps[0] ?? 0),
    compressed: await compress(recordBytes(readings, timestamps)),
  }
}

/** Bytes of a record beside its key and its value, at most: five numbers of up to 5 bytes, one of up to 8, and the attributes. */
const overhead = 5 * 5 + 8 + 1

/**
 * Record => length (varint), attributes (int8), timestamp delta (varint), offset delta (varint), key, value (each a length and bytes), number
 * of headers (varint). Formula: https://kafka.apache.org/documentation/#record
 */
function recordBytes(readings: readonly Reading[], timestamps: readonly number[]): Buffer {
  const first = timestamps[0] ?? 0
  let bytes = Buffer.allocUnsafe(readings.length * 128)
  let at = 0
  /** The key of the record before: mostly it is this one's, too. */
  let [location, key] = ['', Buffer.alloc(0)]
  const value = valueWriter()

  function number(value: number): void {
    // Zigzag: small numbers are short, whatever their sign.
    let rest = value >= 0 ? 2 * value : -2 * value - 1
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128
    bytes[at++] = rest
  }

  for (let index = 0; index < readings.length; index++) {
    const reading = readings[index] as Reading
    if (reading.location !== location) [location, key] = [reading.location, Buffer.from(reading.location)]
    const { text, size } = value(reading)
    const delta = (timestamps[index] ?? 0) - first
    const most = at + key.length + size + overhead
    if (most > bytes.length) bytes = Buffer.concat([bytes.subarray(0, at)], 2 * most)
    number(1 + sizeOf(delta) + sizeOf(index) + sizeOf(key.length) + key.length + sizeOf(size) + size + 1)
    bytes[at++] = 0
    number(delta)
    number(index)
    number(key.length)
    for (let byte = 0; byte < key.length; byte++) bytes[at++] = key[byte] as number
    number(size)
    at += bytes.write(text, at, size === text.length ? 'latin1' : 'utf8')
    number(0)
  }
  return bytes.subarray(0, at)
}

/** Bytes of a number in zigzag, seven bits a byte. */
function sizeOf(value: number): number {
  let size = 1
  for (let rest = value >= 0 ? 2 * value : -2 * value - 1; rest > 127; rest = Math.floor(rest / 128)) size++
  return size
}

/** Up to the records; what is summed begins with the attributes. */
const headerBytes = 61
const summedFrom = 21
const gzipped = 1

/** A record batch of format 2. Formula: https://kafka.apache.org/documentation/#recordbatch */
export function batchBytes(records: EncodedRecords, { producerId, producerEpoch, firstSequence }: Numbered): Buffer {
  const { count, firstTimestamp, maxTimestamp, compressed } = records
  const bytes = Buffer.allocUnsafe(headerBytes + compressed.length)
  bytes.writeBigInt64BE(0n, 0)
  bytes.writeInt32BE(bytes.length - 12, 8)
  // The leader's epoch is the broker's to fill in.
  bytes.writeInt32BE(0, 12)
  bytes.writeInt8(2, 16)
  bytes.writeInt16BE(gzipped, summedFrom)
  bytes.writeInt32BE(count - 1, 23)
  bytes.writeBigInt64BE(BigInt(firstTimestamp), 27)
  bytes.writeBigInt64BE(BigInt(maxTimestamp), 35)
  bytes.writeBigInt64BE(producerId, 43)
  bytes.writeInt16BE(producerEpoch, 51)
  bytes.writeInt32BE(firstSequence, 53)
  bytes.writeInt32BE(count, 57)
  compressed.copy(bytes, headerBytes)
  bytes.writeUInt32BE(crc32c(bytes.subarray(summedFrom)), 17)
  return bytes
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1
  return remainder
})

/** CRC-32C (Castagnoli's polynomial), which Kafka sums a batch with. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}
