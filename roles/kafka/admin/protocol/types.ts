import type { Reader, Writer } from './bytes.ts'

/** How a value is written in Kafka's protocol, in the form all versions used here have ("flexible": compact lengths, tagged fields). */
export interface Type<T> {
  write(to: Writer, value: T): void
  read(from: Reader): T
}

/** The values of a type. */
export type ValueOf<Of> = Of extends Type<infer T> ? T : never

export const int8: Type<number> = { write: (to, value) => to.int8(value), read: from => from.int8() }
export const int16: Type<number> = { write: (to, value) => to.int16(value), read: from => from.int16() }
export const uint16: Type<number> = { write: (to, value) => to.uint16(value), read: from => from.uint16() }
export const int32: Type<number> = { write: (to, value) => to.int32(value), read: from => from.int32() }
/** Sizes and offsets: whole numbers up to 2^53 here. */
export const int64: Type<number> = { write: (to, value) => to.int64(BigInt(value)), read: from => Number(from.int64()) }
export const float64: Type<number> = { write: (to, value) => to.float64(value), read: from => from.float64() }
export const bool: Type<boolean> = { write: (to, value) => to.int8(value ? 1 : 0), read: from => from.int8() !== 0 }

/** A length is one more than it is, for 0 says that there is none. */
export const nullableBytes: Type<Buffer | null> = {
  write(to, value) {
    to.varint(value === null ? 0 : value.length + 1)
    if (value) to.bytes(value)
  },
  read(from) {
    const length = from.varint()
    return length === 0 ? null : from.bytes(length - 1)
  },
}

export const bytes: Type<Buffer> = {
  write: (to, value) => nullableBytes.write(to, value),
  read: from => nullableBytes.read(from) ?? Buffer.alloc(0),
}

export const nullableString: Type<string | null> = {
  write: (to, value) => nullableBytes.write(to, value === null ? null : Buffer.from(value)),
  read: from => nullableBytes.read(from)?.toString() ?? null,
}

export const string: Type<string> = { write: (to, value) => nullableString.write(to, value), read: from => nullableString.read(from) ?? '' }

/** 16 bytes, in base64url as Kafka writes them. */
export const uuid: Type<string> = {
  write: (to, value) => to.bytes(Buffer.from(value, 'base64url')),
  read: from => from.bytes(16).toString('base64url'),
}

export const noUuid = Buffer.alloc(16).toString('base64url')

export function nullableArray<T>(of: Type<T>): Type<readonly T[] | null> {
  return {
    write(to, value) {
      to.varint(value === null ? 0 : value.length + 1)
      for (const each of value ?? []) of.write(to, each)
    },
    read(from) {
      const length = from.varint()
      return length === 0 ? null : Array.from({ length: length - 1 }, () => of.read(from))
    },
  }
}

export function array<T>(of: Type<T>): Type<readonly T[]> {
  const base = nullableArray(of)
  return { write: (to, value) => base.write(to, value), read: from => base.read(from) ?? [] }
}

type Fields = Readonly<Record<string, Type<unknown>>>

/** Named fields in this order, and after them those with tags: none is written, and all are skipped. */
export function struct<F extends Fields>(fields: F): Type<{ readonly [K in keyof F]: ValueOf<F[K]> }> {
  const entries = Object.entries(fields)
  return {
    write(to, value) {
      for (const [name, type] of entries) type.write(to, value[name])
      to.varint(0)
    },
    read(from) {
      const value = Object.fromEntries(entries.map(([name, type]) => [name, type.read(from)]))
      skipTags(from)
      return value as { readonly [K in keyof F]: ValueOf<F[K]> }
    },
  }
}

/** Fields that older programs need not know. */
export function skipTags(from: Reader): void {
  for (let count = from.varint(); count > 0; count--) {
    from.varint()
    from.bytes(from.varint())
  }
}
