import { splitCql } from './split.ts'

/** What stands for a `?`: a text, or a list of texts after `IN`. */
export type Value = string | readonly string[]

export interface Statement {
  readonly cql: string
  readonly values?: readonly Value[]
}

/** Asks whether a role may log in, or makes it the superuser of the ring. */
export interface OfRole {
  readonly word: 'login' | 'claim'
  readonly user: string
  readonly password: string
}

/** One thing `cql` is asked for. */
export type Asked = Statement | OfRole

export const login = (user: string, password: string): OfRole => ({ word: 'login', user, password })
export const claim = (user: string, password: string): OfRole => ({ word: 'claim', user, password })

/** A statement; each `?` in it stands for one of the values, in order, which are never part of its text. */
export const statement = (cql: string, ...values: readonly Value[]): Statement => ({ cql, values })

/** What is asked for, as lines that `readAsked` reads. No line is a single dot. */
export const askedText = (asked: readonly Asked[]): string =>
  asked
    .map(each =>
      'cql' in each
        ? `run ${JSON.stringify([each.cql, ...(each.values ?? [])])}`
        : `${each.word} ${JSON.stringify([each.user, each.password])}`,
    )
    .join('\n')

/**
 * What a text asks for, in order: lines of ours at its beginning, `login ["USER","PASSWORD"]`, `claim ["USER","PASSWORD"]` and `run ["CQL", VALUE…]`;
 * then CQL as a person writes it. @throws where a line or a quote does not end
 */
export function readAsked(text: string): Asked[] {
  const lines = text.split('\n')
  const found: Asked[] = []
  while (lines.length > 0) {
    const line = lines[0] as string
    const asked = askedOf(line)
    if (!asked && line.trim()) break
    if (asked) found.push(asked)
    lines.shift()
  }
  return [...found, ...splitCql(lines.join('\n')).map(cql => ({ cql }))]
}

function askedOf(line: string): Asked | undefined {
  const [, word, list] = /^\s*(login|claim|run)\s+(\[[^]*\])\s*$/.exec(line) ?? []
  if (word === undefined || list === undefined) return undefined
  const parts = JSON.parse(list) as readonly unknown[]
  if (word === 'run') {
    const [cql, ...values] = parts
    if (typeof cql !== 'string' || !values.every(isValue))
      throw new Error('run wants ["CQL", VALUE…], each value a text or a list of texts')
    return { cql, values }
  }
  const [user, password] = parts
  if (typeof user !== 'string' || typeof password !== 'string') throw new Error(`${word} wants ["USER","PASSWORD"]`)
  return { word: word as 'login' | 'claim', user, password }
}

const isValue = (value: unknown): value is Value =>
  typeof value === 'string' || (Array.isArray(value) && value.length > 0 && value.every(each => typeof each === 'string'))
