import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Reader } from '../admin/protocol/bytes.ts'

/** Levels of a cluster's features, by name. */
export type Levels = Readonly<Record<string, number>>

const featureLevel = 12
const magic = 2
const [compressed, control] = [0b111, 0b100000]

/**
 * What records of a metadata log set, the last one of each feature. `from`: the first offset that counts. Pure; what follows the last whole
 * batch is none.
 * @see https://kafka.apache.org/documentation/#recordbatch and FeatureLevelRecord.json of Kafka's sources
 */
export function levelsOf(log: Buffer, from = 0): Levels {
  const levels: Record<string, number> = {}
  for (let rest = log; rest.length > 12; ) {
    const length = 12 + rest.readInt32BE(8)
    if (length < 61 || length > rest.length || rest.readInt8(16) !== magic) break
    for (const { offset, value } of recordsOf(new Reader(rest.subarray(0, length)))) {
      const level = offset < from ? undefined : levelOf(new Reader(value))
      if (level) levels[level.name] = level.level
    }
    rest = rest.subarray(length)
  }
  return levels
}

function* recordsOf(batch: Reader): Generator<{ readonly offset: number; readonly value: Buffer }> {
  const base = Number(batch.int64())
  batch.bytes(4 + 4 + 1 + 4)
  const attributes = batch.int16()
  // Its offsets, times and producer.
  batch.bytes(4 + 8 + 8 + 8 + 2 + 4)
  const count = batch.int32()
  // The controllers' own records, and what no controller writes.
  if (attributes & (control | compressed)) return
  for (let left = count; left > 0; left--) {
    const record = new Reader(batch.bytes(zigzag(batch)))
    record.int8()
    record.varint()
    const offset = base + zigzag(record)
    record.bytes(Math.max(0, zigzag(record)))
    yield { offset, value: record.bytes(Math.max(0, zigzag(record))) }
  }
}

const zigzag = (from: Reader): number => {
  const value = from.varint()
  return (value >>> 1) ^ -(value & 1)
}

function levelOf(value: Reader): { readonly name: string; readonly level: number } | undefined {
  if (value.left < 3) return undefined
  value.varint()
  if (value.varint() !== featureLevel) return undefined
  value.varint()
  return { name: value.bytes(value.varint() - 1).toString(), level: value.int16() }
}

/**
 * Levels that the metadata in a broker's storage says are final: its newest snapshot, and what was written after it. Undefined where there
 * is none.
 */
export function storedLevels(dataFolder: string): Levels | undefined {
  const folder = join(dataFolder, '__cluster_metadata-0')
  if (!existsSync(folder)) return undefined
  const names = readdirSync(folder).sort()
  const snapshot = names.findLast(name => /^\d{20}-\d{10}\.checkpoint$/.test(name))
  const levels: Record<string, number> = {}
  if (snapshot) Object.assign(levels, levelsOf(readFileSync(join(folder, snapshot))))
  for (const name of names.filter(each => /^\d{20}\.log$/.test(each)))
    Object.assign(levels, levelsOf(readFileSync(join(folder, name)), snapshot ? Number(snapshot.slice(0, 20)) : 0))
  return Object.keys(levels).length ? levels : undefined
}
