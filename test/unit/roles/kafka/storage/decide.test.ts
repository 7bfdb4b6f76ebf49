import { describe, expect, it } from 'vitest'
import { beginningOf, type Sight, type Storage } from '../../../../../roles/kafka/storage/decide.ts'
import { formatText, formatWords, parseMeta } from '../../../../../roles/kafka/storage/format.ts'

const formatted = (node: number, cluster = 'ours'): Storage => ({ formatted: { cluster, node, directory: 'd' } })
const sight = (own: Storage, others: Record<string, { storage: Storage; controller: boolean }> = {}, name = 'kafka1'): Sight => ({
  cluster: 'ours',
  name,
  node: name === 'kafka1' ? 1 : 2,
  own,
  first: 'kafka1',
  others: new Map(Object.entries(others)),
})
const silent = { silent: 'no route to host' }

describe('how storage begins', () => {
  it('the first starts the cluster where nobody has one', () => {
    expect(beginningOf(sight('empty'))).toBe('starts')
    expect(beginningOf(sight('empty', { kafka2: { storage: 'empty', controller: false } }))).toBe('starts')
  })

  it('anyone joins the cluster there is, the first of the inventory too', () => {
    const there = { kafka2: { storage: formatted(2), controller: true }, kafka3: { storage: silent, controller: true } }
    expect(beginningOf(sight('empty', there))).toBe('joins')
    expect(beginningOf(sight('empty', { kafka1: { storage: formatted(1), controller: true } }, 'kafka2'))).toBe('joins')
  })

  it('is over where it is formatted', () => {
    expect(beginningOf(sight(formatted(1), { kafka2: { storage: silent, controller: true } }))).toBeUndefined()
  })

  it('silence is no consent: nobody starts a cluster beside one that may be there', () => {
    expect(() => beginningOf(sight('empty', { kafka2: { storage: silent, controller: false } }))).toThrow('kafka2 cannot be asked')
  })

  it('only the first starts one', () => {
    expect(() => beginningOf(sight('empty', { kafka1: { storage: 'empty', controller: true } }, 'kafka2'))).toThrow('that kafka1 starts')
  })

  it('brokers with data and no controller: what the cluster knew is gone, and nothing is made anew beside it', () => {
    expect(() => beginningOf(sight('empty', { kafka2: { storage: formatted(2), controller: false } }))).toThrow('on a card that is gone')
  })

  it('storage of another cluster or number, or of nobody, is told before the start', () => {
    expect(() => beginningOf(sight(formatted(1, 'theirs')))).toThrow('of the cluster theirs, and this fleet’s is ours')
    expect(() => beginningOf(sight(formatted(9)))).toThrow('that of broker 9, and kafka1 is broker 1')
    expect(() => beginningOf(sight('unknown'))).toThrow('not formatted')
  })
})

describe('formatting', () => {
  it('makes a dynamic quorum', () => {
    expect(formatWords('/s', 'abc', 'starts')).toEqual(['format', '--config=/s', '--cluster-id=abc', '--standalone'])
    expect(formatWords('/s', 'abc', 'joins').at(-1)).toBe('--no-initial-controllers')
  })

  it('is beside, and renamed at its end', () => {
    expect(formatText('abc', 'starts')).toMatch(/mv -T \/var\/lib\/kafka\/data\.new \/var\/lib\/kafka\/data$/)
  })

  it('leaves a note that is read', () => {
    expect(parseMeta('#\n#date\nnode.id=1\ndirectory.id=vwE\nversion=1\ncluster.id=h-D\n')).toEqual({
      cluster: 'h-D',
      node: 1,
      directory: 'vwE',
    })
    expect(parseMeta('node.id=1\n')).toBeUndefined()
  })
})
