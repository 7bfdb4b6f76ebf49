import { Writer } from './bytes.ts'

/** CRC-32C (Castagnoli) of bytes, as a batch carries it. */
export function crc32c(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return ~crc >>> 0
}

/** A batch (version 2) of one record that has a value and nothing else. `at`: milliseconds since 1970. */
export function batchOf(value: Buffer, at: number): Buffer {
  const record = new Writer()
  for (const byte of [0, 0, 0]) record.int8(byte)
  zigzag(record, -1)
  zigzag(record, value.length)
  record.bytes(value)
  record.int8(0)

  const body = new Writer()
  body.int16(0)
  body.int32(0)
  body.int64(BigInt(at))
  body.int64(BigInt(at))
  body.int64(-1n)
  body.int16(-1)
  body.int32(-1)
  body.int32(1)
  zigzag(body, record.written.length)
  body.bytes(record.written)

  const batch = new Writer()
  batch.int64(0n)
  batch.int32(4 + 1 + 4 + body.written.length)
  batch.int32(-1)
  batch.int8(2)
  batch.uint32(crc32c(body.written))
  batch.bytes(body.written)
  return batch.written
}

/** Small numbers of either sign are short. */
const zigzag = (to: Writer, value: number) => to.varint((value << 1) ^ (value >> 31))
