import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Reader, Writer } from '../../../../../roles/kafka/admin/protocol/bytes.ts'
import { refuse } from '../../../../../roles/kafka/admin/protocol/errors.ts'
import { proofOf } from '../../../../../roles/kafka/admin/protocol/scram.ts'
import {
  array,
  bool,
  int32,
  int64,
  nullableArray,
  nullableString,
  string,
  struct,
  uuid,
  type Type,
} from '../../../../../roles/kafka/admin/protocol/types.ts'

function there<T>(type: Type<T>, value: T): { readonly bytes: string; readonly back: T; readonly left: number } {
  const to = new Writer()
  type.write(to, value)
  const from = new Reader(to.written)
  const back = type.read(from)
  return { bytes: to.written.toString('hex'), back, left: from.left }
}

describe('values of the protocol', () => {
  it('are bytes as Kafka writes them', () => {
    expect(there(string, 'ab').bytes).toBe('036162')
    expect(there(nullableString, null).bytes).toBe('00')
    expect(there(array(int32), [1, -1]).bytes).toBe('0300000001ffffffff')
    expect(there(struct({ name: string, yes: bool }), { name: 'a', yes: true }).bytes).toBe('02610100')
    // A length of two bytes.
    expect(there(string, 'x'.repeat(200)).bytes.slice(0, 6)).toBe('c90178')
  })

  it('come back as they were', () => {
    const type = struct({
      text: nullableString,
      id: uuid,
      size: int64,
      rows: nullableArray(struct({ index: int32, names: array(string) })),
    })
    const values = fc.record({
      text: fc.option(fc.string()),
      id: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => Buffer.from(bytes).toString('base64url')),
      size: fc.maxSafeInteger(),
      rows: fc.option(fc.array(fc.record({ index: fc.integer(), names: fc.array(fc.string()) }))),
    })
    fc.assert(
      fc.property(values, value => {
        const { back, left } = there(type, value)
        expect(back).toEqual({ ...value })
        expect(left).toBe(0)
      }),
    )
  })

  it('of a newer server are skipped, where they have tags', () => {
    // Two fields with tags: 3 bytes, and none.
    const bytes = Buffer.from('0261' + '02' + '0003aabbcc' + '0500', 'hex')
    expect(struct({ name: string }).read(new Reader(bytes))).toEqual({ name: 'a' })
  })

  it('that end too early are no values', () => {
    expect(() => string.read(new Reader(Buffer.from('056162', 'hex')))).toThrow(RangeError)
  })
})

describe('a login', () => {
  it('trusts no server that answers another question', () => {
    expect(() => proofOf('one', 'right', 'ours', 'r=theirs,s=AAAA,i=4096')).toThrow('does not begin with ours')
  })
})

describe('an error of the server', () => {
  it('is told by its name, but for those that are fine', () => {
    expect(() => refuse('topic x', 36, 'there is one')).toThrow('topic x: TOPIC_ALREADY_EXISTS (there is one)')
    expect(() => refuse('topic x', 36, null, [36])).not.toThrow()
    expect(() => refuse('topic x', 0)).not.toThrow()
  })
})
