import { describe, expect, it } from 'vitest'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { Failed } from '../../../../engine/errors.ts'
import { weightsOf } from '../../../../roles/cassandra/nodes.ts'
import { placeOf, type Silent } from '../../../../roles/cassandra/place.ts'
import type { Member, NodeSeen } from '../../../../roles/cassandra/ring/index.ts'
import { layout, ownership, type Ring } from '../../../../roles/cassandra/tokens/index.ts'

const hostOf = (name: string, address: string, weight: number): Host => ({
  name,
  address,
  port: 22,
  user: 'pi',
  jump: [],
  groups: [],
  roles: ['cassandra'],
  vars: { cassandra: { weight } },
  at: { file: '', line: 1, column: 1 },
})
const [one, two, three] = [hostOf('one', '10.0.0.1', 1), hostOf('two', '10.0.0.2', 2), hostOf('three', '10.0.0.3', 3)] as const
const fleetOf = (...hosts: Host[]): Fleet => ({ name: 'f', file: 'f.yaml', ssh: { connectTimeout: 5, keepalive: 5 }, groups: [], hosts })

const idle: Member = {
  service: 'inactive',
  mode: undefined,
  streams: { sent: 0, toSend: 0, received: 0, toReceive: 0 },
  sees: [],
  id: undefined,
  address: undefined,
  answers: false,
  tokens: new Map(),
  schemas: [],
  copies: new Map(),
  tasks: [],
  disk: undefined,
  remains: false,
  placed: false,
  aside: 0,
  owed: [],
  repaired: undefined,
}
const silent: Silent = { silent: 'no answer from 10.0.0.1:22 within 5 s' }
const idOf = (name: string) => `id-of-${name}`
const line = (host: Host, extra: Partial<NodeSeen> = {}): NodeSeen => ({
  up: true,
  state: 'normal',
  address: host.address,
  load: 1,
  tokens: 8,
  owns: 1,
  id: idOf(host.name),
  ...extra,
})

/** Members that run and see this ring. */
function running(ring: Ring, hosts: readonly Host[], sees = hosts.map(host => line(host))): [string, Member][] {
  return hosts.map(host => [
    host.name,
    {
      ...idle,
      service: 'active',
      mode: 'NORMAL',
      id: idOf(host.name),
      address: host.address,
      answers: true,
      sees,
      schemas: ['v1'],
      placed: true,
      remains: true,
      tokens: new Map(ring.map(node => [idOf(node.name), node.tokens])),
    },
  ])
}

function place(
  host: Host,
  fleet: Fleet,
  others: readonly [string, Member | Silent][],
  {
    own = idle,
    tokens = 'computed' as const,
    replication = 1,
  }: { own?: Member; tokens?: 'computed' | 'random'; replication?: number } = {},
) {
  return placeOf({
    host,
    fleet,
    vars: { replication, tokens, keyspace: 'temperature' },
    own,
    addresses: [host.address],
    others: new Map(others),
  })
}
function refusal(...args: Parameters<typeof place>): string {
  try {
    place(...args)
  } catch (error) {
    if (error instanceof Failed) return [error.failure.message, ...(error.failure.output ?? []), `→ ${error.failure.hint}`].join('\n')
    throw error
  }
  return 'it has a place'
}
const firstRing = (fleet: Fleet, ...names: string[]) => layout(weightsOf(fleet), 1).filter(({ name }) => names.includes(name))

describe('where there is no ring', () => {
  const fleet = fleetOf(one, two)
  it('the first of the inventory starts one, in its place among all', () => {
    expect(place(one, fleet, [['two', idle]])).toMatchObject({ tokens: firstRing(fleet, 'one')[0]?.tokens, seeds: ['10.0.0.1'] })
  })
  it('no other does', () =>
    expect(refusal(two, fleet, [['one', idle]])).toBe(
      'two joins the ring that one starts, and one has no ring yet\n→ provision one first, or all of the fleet at once',
    ))
  it('not while one that might hold a ring cannot be asked', () => {
    for (const host of [one, two])
      expect(refusal(host, fleet, [[host === one ? 'two' : 'one', silent]])).toMatch(
        /no ring is to be seen, and (one|two) cannot be asked[^]*no answer from/,
      )
  })
  it('not while a node of one stands still', () =>
    expect(refusal(one, fleet, [['two', { ...idle, remains: true, placed: true }]])).toContain(
      'two is a node of a ring already, but does not run',
    ))
  it('tokens without a ring are no ring', () => expect(place(one, fleet, [['two', { ...idle, placed: true }]]).seeds).toEqual(['10.0.0.1']))
  it('a node that lost its tokens starts nothing', () =>
    expect(refusal(one, fleet, [['two', idle]], { own: { ...idle, remains: true } })).toContain('not the tokens that node had'))
})

describe('where there is a ring', () => {
  it('of more than one copy a node takes its place in the layout the others hold theirs of', () => {
    const fleet = fleetOf(one, two, three)
    const ring = layout(weightsOf(fleet), 2).filter(({ name }) => name !== 'three')
    const found = place(three, fleet, running(ring, [one, two]), { replication: 2 })
    expect(found).toMatchObject({ seeds: ['10.0.0.1', '10.0.0.2'] })
    const owns = ownership([...ring, { name: 'three', tokens: found.tokens as bigint[] }], 2)
    expect([...owns].map(([name, share]) => `${name} ${share.toFixed(4)}`).sort()).toEqual(['one 0.3333', 'three 1.0000', 'two 0.6667'])
  })

  it('of one copy each join is exact, whoever of the inventory is missing still', () => {
    const fleet = fleetOf(one, two, three)
    const ring = firstRing(fleet, 'one')
    const second = [...ring, { name: 'two', tokens: place(two, fleet, running(ring, [one])).tokens as bigint[] }]
    expect(ownership(second).get('two')).toBeCloseTo(2 / 3, 6)
    const third = [...second, { name: 'three', tokens: place(three, fleet, running(second, [one, two])).tokens as bigint[] }]
    expect([...ownership(third)].map(([name, share]) => `${name} ${share.toFixed(4)}`)).toEqual([
      'one 0.1667',
      'two 0.3333',
      'three 0.5000',
    ])
  })

  it('and its share of any other ring; who gives it is said', () => {
    const fleet = fleetOf(one, two)
    const ring = [{ name: 'one', tokens: [-(2n ** 61n), 0n, 2n ** 62n] }]
    const found = place(two, fleet, running(ring, [one]))
    expect(ownership([...ring, { name: 'two', tokens: found.tokens as bigint[] }]).get('two')).toBeCloseTo(2 / 3, 6)
    expect(found.because[0]).toMatch(/two shall hold 66\.7 %: it takes 66\.7 % from one/)
  })

  it('what joining cannot set right is told, with what can', () => {
    const fleet = fleetOf(one, two, three)
    const ring = [
      { name: 'one', tokens: [0n] },
      { name: 'two', tokens: [2n ** 55n] },
    ]
    expect(place(three, fleet, running(ring, [one, two])).because.at(-1)).toMatch(
      /by weight it would be otherwise: .*two 0\.\d % instead of 33\.3 %.*rebalance cassandra --check/,
    )
  })

  it('the first of the inventory joins like any other, and is not its own seed', () => {
    const fleet = fleetOf(one, two)
    expect(place(one, fleet, running(firstRing(fleet, 'two'), [two])).seeds).toEqual(['10.0.0.2'])
  })

  it('one that cannot be asked keeps nobody out of a ring that is whole', () => {
    const fleet = fleetOf(one, two, three)
    const ring = firstRing(fleet, 'one', 'two')
    expect(place(three, fleet, [['two', silent], ...running(ring, [one], [line(one), line(two)])]).seeds).toEqual(['10.0.0.1'])
  })

  it.each<[string, NodeSeen[], string]>([
    ['a node is down', [line(one), line(two, { up: false })], 'the ring is not whole and still'],
    ['a node joins', [line(one), line(two, { state: 'joining' })], 'the ring is not whole and still'],
    ['its own address is of a node that is up', [line(one), line(three)], 'another machine runs it'],
  ])('nobody joins while %s', (_, sees, expected) => {
    const fleet = fleetOf(one, two, three)
    expect(refusal(three, fleet, running(firstRing(fleet, 'one', 'two'), [one], sees))).toContain(expected)
  })

  describe('that lists its address, and its card is empty', () => {
    const fleet = fleetOf(one, two, three)
    const ring = firstRing(fleet, 'one', 'two', 'three')
    const sees = [line(one), line(two), line(three, { up: false })]
    it('it takes the place of the node it was: same tokens, seeds that are not itself', () => {
      const { tokens, seeds, replaces } = place(three, fleet, running(ring, [one, two], sees))
      expect(tokens).toEqual(ring.find(({ name }) => name === 'three')?.tokens)
      expect(seeds).toEqual(['10.0.0.1', '10.0.0.2'])
      expect(replaces).toMatchObject({ id: 'id-of-three', address: '10.0.0.3' })
    })
    it('what is lost with one copy is told as a share of all, and with two that nothing is', () => {
      expect(place(three, fleet, running(ring, [one, two], sees)).replaces?.loses).toBe(
        'With one copy of each reading, what only that card held is lost for good: 50.0 % of all that was stored',
      )
      const twice = running(ring, [one, two], sees).map(([name, member]): [string, Member] => [
        name,
        { ...member, copies: new Map([['temperature', 2]]) },
      ])
      expect(place(three, fleet, twice).replaces?.loses).toMatch(/^Nothing is lost: there are 2 copies/)
    })
    it('not while another node is down as well, or while it holds data', () => {
      expect(refusal(three, fleet, running(ring, [one], [line(one), line(two, { up: false }), line(three, { up: false })]))).toContain(
        'the ring is not whole and still',
      )
      expect(refusal(three, fleet, running(ring, [one, two], sees), { own: { ...idle, remains: true } })).toContain(
        'it holds data of a node, but not the tokens',
      )
    })
  })

  it('nobody joins one that starts, or two at once', () => {
    const fleet = fleetOf(one, two, three)
    const ring = firstRing(fleet, 'one', 'two')
    expect(refusal(three, fleet, [...running(ring, [one]), ['two', { ...idle, service: 'active', mode: 'JOINING' }]])).toContain(
      'Cassandra on two is JOINING',
    )
    expect(
      refusal(three, fleet, [...running(ring, [one]), ['two', { ...idle, service: 'active', mode: 'NORMAL', id: idOf('two') }]]),
    ).toContain('Cassandra on two lets nobody log in')
    const apart = [...running(ring, [one], [line(one)]), ...running(ring, [two], [line(two)])]
    expect(refusal(three, fleet, apart)).toContain('one, two are not in one ring')
  })

  it('nobody joins one with nodes the inventory does not know', () => {
    const stranger = hostOf('stranger', '10.0.0.9', 1)
    const ring = [
      { name: 'one', tokens: [0n] },
      { name: 'stranger', tokens: [5n] },
    ]
    expect(refusal(two, fleetOf(one, two), running(ring, [one], [line(one), line(stranger)]))).toContain(
      'the inventory does not know: 10.0.0.9',
    )
  })

  it('the server draws tokens where that is wanted, as many as the weight asks for', () => {
    const fleet = fleetOf(one, two)
    expect(place(two, fleet, running(firstRing(fleet, 'one'), [one]), { tokens: 'random' }).tokens).toBe(32)
    expect(place(one, fleet, [['two', idle]], { tokens: 'random' }).tokens).toBe(16)
  })
})
