import { describe, expect, it } from 'vitest'
import { releaseFits, whyNot } from '../../../../roles/kafka/downgrade.ts'
import { batchOf } from '../../../../roles/kafka/admin/protocol/batch.ts'
import { Writer } from '../../../../roles/kafka/admin/protocol/bytes.ts'
import { members } from '../../../../roles/kafka/members.ts'
import { levelsOf } from '../../../../roles/kafka/storage/levels.ts'
import { fleetOf } from './fleet.ts'

const older = { name: '4.3', levels: { 'metadata.version': 30, 'group.version': 1 } }
const newer = { name: '4.4', levels: { 'metadata.version': 33, 'group.version': 1 } }

describe('a release', () => {
  it('takes the place of a newer one while the levels are those that it knows', () => {
    expect(whyNot(older, { installed: '4.4.0', levels: { 'metadata.version': 30, 'group.version': 1 } })).toBeUndefined()
    expect(whyNot(newer, { installed: '4.3.1', levels: { 'metadata.version': 30 } })).toBeUndefined()
  })

  it('does not where a level is above them, or is one that it does not know', () => {
    expect(whyNot(older, { installed: '4.4.0', levels: { 'metadata.version': 33, 'share.version': 2 } })).toEqual({
      reason:
        'Kafka 4.3 cannot take the place of 4.4.0: the cluster works at metadata.version 33, and 4.3 knows 30; share.version 2, and 4.3 knows none; no broker would start again',
      hint: expect.stringContaining('provision with Kafka 4.4 or newer') as string,
    })
  })

  it('is not taken for fitting where nobody tells; a newer one is', () => {
    expect(whyNot(older, { installed: '4.10.0' })?.reason).toContain('neither a broker nor the storage says')
    expect(whyNot(newer, { installed: '4.3.1' })).toBeUndefined()
  })

  it('that runs already is asked nothing', () => {
    const { kind, spec } = releaseFits(members(fleetOf({})), newer)
    expect(kind.read('\x1d', [spec])).toEqual([undefined])
    expect(kind.read('4.3.1\n{"levels":{"metadata.version":30}}\n\x1d', [spec])).toEqual([
      { installed: '4.3.1', levels: { 'metadata.version': 30 } },
    ])
    expect(kind.read('4.3.1\n\x1d', [spec])).toEqual([{ installed: '4.3.1' }])
  })
})

describe('levels in a metadata log', () => {
  /** A batch with a record of this kind of metadata, at an offset. */
  function batch(offset: number, api: number, name: string, level: number): Buffer {
    const value = new Writer()
    for (const each of [1, api, 0, name.length + 1]) value.varint(each)
    value.bytes(Buffer.from(name))
    value.int16(level)
    value.varint(0)
    const whole = Buffer.from(batchOf(value.written, 0))
    whole.writeBigInt64BE(BigInt(offset))
    return whole
  }

  it('are what was set last; other records, earlier ones and half of one count nothing', () => {
    const log = Buffer.concat([
      batch(1, 12, 'metadata.version', 30),
      batch(2, 12, 'group.version', 1),
      batch(3, 2, 'metadata.version', 99),
      batch(4, 12, 'metadata.version', 33),
      batch(5, 12, 'metadata.version', 99).subarray(0, 70),
    ])
    expect(levelsOf(log)).toEqual({ 'metadata.version': 33, 'group.version': 1 })
    expect(levelsOf(log, 4)).toEqual({ 'metadata.version': 33 })
    expect(levelsOf(Buffer.concat([batch(1, 12, 'a', 1), Buffer.alloc(4096)]))).toEqual({ a: 1 })
    expect(levelsOf(Buffer.alloc(0))).toEqual({})
  })
})
