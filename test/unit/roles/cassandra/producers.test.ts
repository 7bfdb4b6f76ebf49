import { compareSync } from 'bcryptjs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leavers, noWriters, readWriters, writerChanges, writerOf, writersCql } from '../../../../roles/cassandra/producers.ts'

const rights = { keyspace: 'warmth', tables: ['degree', 'by_day'], read: false }
const writers = ['p1', 'p2'].map(name => writerOf(`collector-${name}`, `password of ${name}, a long one`, 'salt'))
const account = (user: string, hash: string) => ({ account: user, can_login: true, is_superuser: false, salted_hash: hash })
const holds = (holder: string, resource: string, ...permissions: string[]) => ({ holder, resource, permissions })
const rows = [
  { account: 'fleet', can_login: true, is_superuser: true, salted_hash: 'x' },
  { holder: 'fleet', resource: 'roles/collector-p1', permissions: ['ALTER'] },
  ...writers.flatMap(({ user, hash }) => [
    account(user, hash),
    holds(user, 'data/warmth/degree', 'MODIFY'),
    holds(user, 'data/warmth/by_day', 'MODIFY'),
  ]),
]
const told = (seen: readonly object[], wanted = writers, has = rights) =>
  writerChanges(wanted, has, readWriters(seen as readonly Record<string, unknown>[]))
const cql = (seen: readonly object[], wanted = writers) =>
  writersCql(wanted, rights, readWriters(seen as readonly Record<string, unknown>[])).map(statement => statement.cql)

describe('the hash of a password', () => {
  test('is the same at each run, another one for each user, password and fleet, and the password’s', () => {
    const hash = writerOf('a', 'p', 's').hash
    expect(writerOf('a', 'p', 's').hash).toBe(hash)
    expect(new Set([hash, writerOf('b', 'p', 's').hash, writerOf('a', 'q', 's').hash, writerOf('a', 'p', 't').hash]).size).toBe(4)
    expect(compareSync('p', hash)).toBe(true)
    expect(compareSync('q', hash)).toBe(false)
  })

  test('is made dear where somebody chose the password', () => {
    expect(writerOf('a', 'summer', 's').hash).toMatch(/^\$2a\$10\$/)
    expect(writerOf('a', 'x'.repeat(28), 's').hash).toMatch(/^\$2a\$04\$/)
  })
})

describe('sinks’ accounts', () => {
  const sink = writerOf('sink-mysql', 'a long password of the sink', 'salt')

  test('are made with the rights of producers, and go with their sink', () => {
    expect(told(rows, [...writers, sink])).toEqual(['make the account sink-mysql, which may write into degree and by_day'])
    const there = [
      ...rows,
      account(sink.user, sink.hash),
      holds(sink.user, 'data/warmth/degree', 'MODIFY'),
      holds(sink.user, 'data/warmth/by_day', 'MODIFY'),
    ]
    expect(told(there, [...writers, sink])).toEqual([])
    expect(told(there)).toEqual(['drop the account sink-mysql: no sink of the inventory'])
  })

  test('that nobody has come with keep no former account of the producers alive', () => {
    const moved = [
      ...rows,
      account(sink.user, sink.hash),
      account('collector', 'x'),
      holds('collector', 'data/warmth', 'MODIFY'),
      ...writers.map(({ user }) => ({ username: user })),
    ] as readonly Record<string, unknown>[]
    expect(leavers([...writers, sink], rights, readWriters(moved)).map(({ user }) => user)).toEqual(['collector'])
  })
})

describe('producers’ accounts', () => {
  test('nothing to do where all are as they are to be', () => {
    expect(told(rows)).toEqual([])
    expect(cql(rows)).toEqual([])
  })

  test('are made; where nothing is known nothing is altered', () => {
    expect(told([])).toEqual(writers.map(({ user }) => `make the account ${user}, which may write into degree and by_day`))
    const words = writersCql(writers, rights, undefined)
      .map(statement => statement.cql)
      .join('\n')
    expect(words).toContain(`CREATE ROLE IF NOT EXISTS "collector-p1" WITH HASHED PASSWORD = '${writers[0]?.hash}' AND LOGIN = true`)
    expect(words).not.toMatch(/ALTER|REVOKE|DROP/)
    expect(words).not.toMatch(/password of/)
  })

  test('another password, a lost login and a superuser are mended alike', () => {
    for (const wrong of [{ salted_hash: 'old' }, { can_login: false }, { is_superuser: true }]) {
      const seen = rows.map(row => ('account' in row && row.account === 'collector-p1' ? { ...row, ...wrong } : row))
      expect(told(seen)).toEqual(['give collector-p1 its password'])
      expect(cql(seen)).toEqual([
        `ALTER ROLE "collector-p1" WITH HASHED PASSWORD = '${writers[0]?.hash}' AND LOGIN = true AND SUPERUSER = false`,
      ])
    }
  })

  test('rights too many and too few', () => {
    const more = [...rows, holds('collector-p2', 'data/warmth', 'SELECT'), holds('collector-p2', 'data', 'ALTER')]
    expect(told(more)).toEqual(['grant collector-p2 just MODIFY on degree and by_day'])
    expect(cql(more)).toEqual(
      expect.arrayContaining([
        'REVOKE ALL PERMISSIONS ON KEYSPACE "warmth" FROM "collector-p2"',
        'REVOKE ALL PERMISSIONS ON ALL KEYSPACES FROM "collector-p2"',
        'GRANT MODIFY ON TABLE "warmth"."degree" TO "collector-p2"',
      ]),
    )
    expect(
      told(rows.filter(row => !('resource' in row) || row.resource !== 'data/warmth/by_day' || row.holder !== 'collector-p1')),
    ).toEqual(['grant collector-p1 just MODIFY on degree and by_day'])
    expect(told(rows, writers, { ...rights, read: true })).toHaveLength(2)
  })

  test('one that has left goes; somebody else’s stays', () => {
    const seen = [
      ...rows,
      account('collector-p3', 'x'),
      holds('collector-p3', 'data/warmth/degree', 'MODIFY'),
      account('collector-of-stamps', 'x'),
      holds('collector-of-stamps', 'data/stamps', 'MODIFY'),
      account('collector-unknown', 'x'),
    ]
    expect(told(seen)).toEqual(['drop the account collector-p3: no producer of the inventory'])
    expect(cql(seen)).toEqual(['DROP ROLE IF EXISTS "collector-p3"'])
  })

  test('the one all had in common goes when each was seen with its own, never before', () => {
    const shared = [...rows, account('collector', 'x'), holds('collector', 'data/warmth', 'MODIFY', 'SELECT')]
    fc.assert(
      fc.property(fc.subarray(['collector-p1', 'collector-p2', 'collector', 'fleet']), connected => {
        const seen = readWriters([...shared, ...connected.map(username => ({ username }))] as readonly Record<string, unknown>[])
        const all = writers.every(({ user }) => connected.includes(user))
        expect(leavers(writers, rights, seen).map(({ user }) => user)).toEqual(all ? ['collector'] : [])
      }),
    )
    expect(leavers(writers, rights, noWriters)).toEqual([])
  })
})
