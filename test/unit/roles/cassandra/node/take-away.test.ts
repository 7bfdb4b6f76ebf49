import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { doubts, ownDoubts, type Testimonies, type Testimony } from '../../../../../roles/cassandra/node/index.ts'
import type { NodeSeen } from '../../../../../roles/cassandra/ring/index.ts'

const folder = join(import.meta.dirname, '../../../../../roles/cassandra')
const id = (name: string) => `id-of-${name}`
const address = (name: string) => `10.0.0.${name.charCodeAt(0) - 96}`
const line = (name: string, change: Partial<NodeSeen> = {}): NodeSeen => ({
  up: true,
  state: 'normal',
  address: address(name),
  load: 1,
  tokens: 8,
  owns: 0.5,
  id: id(name),
  ...change,
})
const ringOf = (...names: string[]) => new Map(names.map(name => [name, id(name)]))
const said = (names: readonly string[], sees: readonly NodeSeen[] = names.map(name => line(name))): Map<string, Testimony> =>
  new Map(names.map(name => [name, { sees, addresses: [address(name)] }]))
const x = { node: 'x', id: id('x'), addresses: [address('x')] }

describe('that nobody counts on a node', () => {
  it('is proven where every other node answers, sees the others, and knows nothing of it', () => {
    expect(doubts(x, ringOf('a', 'b'), said(['a', 'b']))).toEqual([])
    expect(doubts(x, ringOf('a'), said(['a']))).toEqual([])
  })

  it.each<[string, Testimonies, RegExp]>([
    ['one is silent', new Map<string, Testimony>([...said(['a', 'b']), ['b', { silent: 'no answer' }]]), /b cannot be asked: no answer/],
    ['one was not asked', said(['a'], [line('a'), line('b')]), /b cannot be asked: it was not asked/],
    [
      'one lists its ID',
      said(['a', 'b'], [line('a'), line('b'), line('x', { address: '10.0.0.99' })]),
      /lists it \(UN, 10\.0\.0\.99, id-of-x\)/,
    ],
    [
      'one lists its address, as another node',
      said(['a', 'b'], [line('a'), line('b'), line('x', { id: 'new' })]),
      /lists it \(UN, .*, new\)/,
    ],
    ['one lists it as down', said(['a', 'b'], [line('a'), line('b'), line('x', { up: false })]), /lists it \(DN/],
    ['one lists it as joining', said(['a', 'b'], [line('a'), line('b'), line('x', { state: 'joining' })]), /lists it \(UJ/],
    [
      'the others are two rings',
      new Map([...said(['a'], [line('a')]), ...said(['b'], [line('b')])]),
      /a does not see b: is it of another ring\?/,
    ],
    [
      'one is another node than it was',
      said(['a', 'b'], [line('a'), line('b', { id: 'another' })]),
      /b is not the node it was \(another instead of id-of-b\)/,
    ],
    [
      'there is a node nobody has asked',
      said(['a', 'b'], [line('a'), line('b'), line('c')]),
      /10\.0\.0\.3 is a node of the ring as well, and was not asked/,
    ],
    ['one is down', said(['a', 'b'], [line('a'), line('b', { up: false })]), /sees 10\.0\.0\.2 DN/],
  ])('is not proven where %s', (_, testimonies, reason) => {
    expect(doubts(x, ringOf('a', 'b'), testimonies).join('\n')).toMatch(reason)
  })

  it('is not proven where nobody knows which node it was, or there is nobody to ask', () => {
    expect(doubts({ ...x, id: '' }, ringOf('a'), said(['a']))).toEqual(['it is not known which node x was'])
    expect(doubts(x, new Map(), new Map())).toEqual(['there is no other node that could be asked'])
  })

  it('is never proven while any of them lists it, whatever else they say', () => {
    const seen = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'x'),
      up: fc.boolean(),
      state: fc.constantFrom('normal', 'joining', 'leaving', 'moving'),
      other: fc.boolean(),
    })
    const testimony = fc.oneof(
      fc.constant<Testimony>({ silent: 'no' }),
      fc
        .array(seen, { maxLength: 5 })
        .map(list =>
          list.map(({ name, up, state, other }) =>
            line(name, { up, state: state as NodeSeen['state'], ...(other && { id: `other-${name}` }) }),
          ),
        ),
    )
    fc.assert(
      fc.property(fc.tuple(testimony, testimony, testimony), answers => {
        const names = ['a', 'b', 'c']
        const testimonies = new Map(
          answers.map((answer, index): [string, Testimony] => [
            names[index] as string,
            Array.isArray(answer) ? { sees: answer, addresses: [address(names[index] as string)] } : (answer as Testimony),
          ]),
        )
        const proven = doubts(x, ringOf(...names), testimonies).length === 0
        const all = [...testimonies.values()]
        if (proven)
          expect(
            all.every(
              one =>
                'sees' in one &&
                one.sees.length >= 3 &&
                one.sees.every(
                  ({ id: seenId, up, state, address: at }) => up && state === 'normal' && seenId !== x.id && at !== address('x'),
                ),
            ),
          ).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  it('its own server has a say, and one that runs is never off', () => {
    for (const mode of ['NORMAL', 'JOINING', 'LEAVING', 'STARTING', 'DRAINED'])
      expect(ownDoubts({ service: 'active', mode })).toHaveLength(1)
    expect(ownDoubts({ service: 'activating', mode: undefined })).toEqual(['its server is activating'])
    expect(ownDoubts({ service: 'active', mode: undefined })).toEqual(['its server is active'])
    for (const service of ['inactive', 'failed']) expect(ownDoubts({ service, mode: undefined })).toEqual([])
  })
})

it('one file of the role takes data away', () => {
  const sources = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => join(entry.parentPath, entry.name))
  const lines = (pattern: RegExp) =>
    sources.flatMap(file =>
      readFileSync(file, 'utf8')
        .split('\n')
        .flatMap(text => (pattern.test(text) && !/^\s*(\*|\/\/|\/\*)/.test(text) ? [file.slice(folder.length + 1)] : [])),
    )
  expect([...new Set(lines(/do: '(set aside|forget)' \}\)/))]).toEqual(['node/take-away.ts', 'rebalance/words.ts'])
  // What removes a folder and all below it: this, one below /run, and copies of a backup that have arrived.
  expect([...new Set(lines(/\brm -r/))].sort()).toEqual(['backup/index.ts', 'node/commands.ts', 'reclaim.ts'])
})
