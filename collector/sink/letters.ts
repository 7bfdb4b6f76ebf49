import type { IHeaders, KafkaMessage, Message } from 'kafkajs'
import type { SourceRecord } from './records.ts'

/** Why a record is a dead letter, and whose. */
export interface Reason {
  readonly code: string
  readonly message: string
  /** The group that could not store it. */
  readonly group: string
}

/** A dead letter as it is read back. */
export interface Letter extends Reason {
  readonly topic: string
  readonly record: SourceRecord
  /** Bytes of its value, where it was too long to be kept whole. */
  readonly cut?: number
}

const longestReason = 1000
/** Bytes that are kept of a value that is too long. */
const kept = 1024

/** A record as a dead letter: its key and value as they were, the reason and where it came from in headers. */
export function letterOf(topic: string, { partition, offset, key, value }: SourceRecord, reason: Reason, whole = true): Message {
  return {
    key,
    value: whole ? value : (value?.subarray(0, kept) ?? null),
    headers: {
      'dead-letter.code': reason.code,
      'dead-letter.reason': reason.message.slice(0, longestReason),
      'dead-letter.group': reason.group,
      'dead-letter.topic': topic,
      'dead-letter.partition': String(partition),
      'dead-letter.offset': offset,
      ...(!whole && { 'dead-letter.cut': String(value?.length ?? 0) }),
    },
  }
}

/** The dead letter in a record of their topic; undefined where somebody else put something there. */
export function readLetter({ key, value, headers = {} }: Pick<KafkaMessage, 'key' | 'value' | 'headers'>): Letter | undefined {
  const [code, message, group, topic, partition, offset] = ['code', 'reason', 'group', 'topic', 'partition', 'offset'].map(name =>
    textOf(headers, `dead-letter.${name}`),
  )
  const cut = textOf(headers, 'dead-letter.cut')
  if (code === undefined || topic === undefined || !/^\d+$/.test(partition ?? '') || !/^\d+$/.test(offset ?? '')) return undefined
  return {
    code,
    message: message ?? '',
    group: group ?? '',
    topic,
    record: { partition: Number(partition), offset: offset ?? '', key, value },
    ...(cut !== undefined && { cut: Number(cut) }),
  }
}

function textOf(headers: IHeaders, name: string): string | undefined {
  const value = headers[name]
  const [first] = Array.isArray(value) ? value : [value]
  return first === undefined ? undefined : String(first)
}

/** Letters of a group, each record once, as it was refused last. */
export function lastOfEach(letters: readonly Letter[], group: string): readonly Letter[] {
  const own = letters.filter(letter => letter.group === group)
  return [...new Map(own.map(letter => [`${letter.topic} ${letter.record.partition} ${letter.record.offset}`, letter])).values()]
}

/** Letters for a person, one a line: where from, why, and what it holds. */
export function lettersText(letters: readonly Letter[]): string {
  if (letters.length === 0) return 'no dead letters\n'
  return letters
    .map(({ topic, record: { partition, offset, key, value }, code, message, cut }) => {
      const text = (bytes: Buffer | null): string => (bytes === null ? 'nothing' : JSON.stringify(bytes.toString('utf8').slice(0, 200)))
      return `${topic} ${partition}:${offset}  ${code}: ${message}\n  key ${text(key)}, value ${text(value)}${cut === undefined ? '' : ` (cut, of ${cut} bytes)`}\n`
    })
    .join('')
}
