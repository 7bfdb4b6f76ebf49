import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layout, ownership, planFleet, planJoin, targetsOf, type Ring, type Weights } from '../../../../../roles/cassandra/tokens/index.ts'

const weight = fc.integer({ min: 100, max: 800 }).map(hundredths => hundredths / 100)
const fleet = (max: number) =>
  fc
    .array(weight, { minLength: 2, maxLength: max })
    .map((list): Weights => Object.fromEntries(list.map((value, index) => [`pi${index}`, value])))
const token = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })

/** A ring as a server that draws its tokens makes it. */
const randomRing = (max: number) =>
  fc
    .uniqueArray(token, { minLength: 2 * 16, maxLength: max * 16 })
    .map(
      (tokens): Ring =>
        Array.from({ length: Math.floor(tokens.length / 16) }, (_, index) => ({
          name: `pi${index}`,
          tokens: tokens.slice(index * 16, index * 16 + 16),
        })),
    )

function expectShares(ring: Ring, weights: Weights, factor = 1): void {
  const owns = ownership(ring, factor)
  for (const [name, part] of targetsOf(weights, factor).parts) {
    const wanted = Number(part) / 2 ** 64
    expect(Math.abs((owns.get(name) ?? 0) - wanted), `${name} holds ${owns.get(name)}, wanted ${wanted}`).toBeLessThanOrEqual(0.01 * wanted)
  }
}

function expectTokens(tokens: readonly bigint[]): void {
  expect(tokens.length).toBeGreaterThan(0)
  for (const [index, value] of tokens.entries()) {
    expect(value > -(2n ** 63n) && value < 2n ** 63n).toBe(true)
    if (index > 0) expect(value > (tokens[index - 1] as bigint)).toBe(true)
  }
}

/** A ring grown node by node, each planned when it came. */
function grown(weights: Weights, factor = 1): Ring {
  return Object.keys(weights).reduce<Ring>((ring, name) => {
    const known = Object.fromEntries([...ring.map(other => other.name), name].map(other => [other, weights[other] as number]))
    return [...ring, { name, tokens: planJoin(ring, name, known, { factor }).initialTokens }]
  }, [])
}

describe('ownership', () => {
  it('counts a range to the node of its end', () => {
    const owns = ownership([
      { name: 'a', tokens: [-(2n ** 62n)] },
      { name: 'b', tokens: [2n ** 62n] },
    ])
    expect([...owns]).toEqual([
      ['a', 0.5],
      ['b', 0.5],
    ])
    expect([
      ...ownership([
        { name: 'a', tokens: [0n] },
        { name: 'b', tokens: [2n ** 62n] },
      ]),
    ]).toEqual([
      ['a', 0.75],
      ['b', 0.25],
    ])
  })

  it('at factor 2 counts a range to the next distinct node, too', () => {
    const ring = [
      { name: 'a', tokens: [0n, 1n] },
      { name: 'b', tokens: [2n ** 62n] },
      { name: 'c', tokens: [-(2n ** 62n)] },
    ]
    const owns = ownership(ring, 2)
    expect(owns.get('a')).toBeCloseTo(0.75)
    expect(owns.get('b')).toBeCloseTo(0.5)
    expect(owns.get('c')).toBeCloseTo(0.75)
    expect([...ownership(ring, 3).values()]).toEqual([1, 1, 1])
  })
})

describe('one node joins, factor 1', () => {
  it('two unequal Pis: a third and two thirds', () => {
    const ring = grown({ small: 1, big: 2 })
    expect(ownership(ring).get('big')).toBeCloseTo(2 / 3, 12)
    expect(ring.map(({ tokens }) => tokens.length)).toEqual([16, 16])
    expect(ownership(grown({ a: 1, b: 2, c: 4 })).get('c')).toBeCloseTo(4 / 7, 12)
  })

  it('holds exactly its weight in any fleet, whoever comes when', () => {
    fc.assert(
      fc.property(fleet(50), weights => {
        const ring = grown(weights)
        expectShares(ring, weights)
        for (const { tokens } of ring) expectTokens(tokens)
      }),
      { numRuns: 40 },
    )
  })

  it('takes from each in proportion, and no more than it will hold', () => {
    fc.assert(
      fc.property(fleet(20), weight, (weights, value) => {
        const before = grown(weights)
        const plan = planJoin(before, 'new', { ...weights, new: value })
        const was = ownership(before)
        const is = ownership([...before, { name: 'new', tokens: plan.initialTokens }])
        const share = value / (value + Object.values(weights).reduce((sum, one) => sum + one, 0))
        for (const [name, part] of was) expect((is.get(name) as number) / part / (1 - share)).toBeCloseTo(1, 6)
        expect(plan.streams).toBeCloseTo(share, 9)
        const gained = [...is].reduce((sum, [name, part]) => sum + Math.max(0, part - (was.get(name) ?? 0)), 0)
        expect(gained).toBeCloseTo(share, 9)
        expect(plan.astray).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('keeps token counts small', () => {
    const ring = grown(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`pi${index}`, 1 + (index % 4)])))
    expect(Math.max(...ring.map(({ tokens }) => tokens.length))).toBeLessThanOrEqual(64)
  })

  it('takes what it shall hold out of a ring of drawn tokens, and names those it cannot help', () => {
    fc.assert(
      fc.property(randomRing(8), ring => {
        const weights = Object.fromEntries([...ring.map(({ name }) => [name, 1]), ['new', 2]])
        const plan = planJoin(ring, 'new', weights)
        const owns = ownership([...ring, { name: 'new', tokens: plan.initialTokens }])
        expect(owns.get('new')).toBeCloseTo(2 / (ring.length + 2), 9)
        const wrong = ring
          .filter(({ name }) => Math.abs((owns.get(name) as number) * (ring.length + 2) - 1) > 0.005)
          .map(({ name }) => name)
        expect(plan.astray.map(({ node }) => node)).toEqual(wrong)
        expectTokens(plan.initialTokens)
      }),
      { numRuns: 60 },
    )
  })

  it('refuses what makes no sense', () => {
    expect(() => planJoin([{ name: 'a', tokens: [0n] }], 'a', { a: 1 })).toThrow('it must leave before')
    expect(() => planJoin([{ name: 'a', tokens: [0n] }], 'b', { a: 1 })).toThrow('b has no weight')
    expect(() => planJoin([{ name: 'a', tokens: [0n] }], 'b', { a: 1, b: 0 })).toThrow('must be a number above 0')
  })
})

describe('a whole fleet', () => {
  it('laid out at once is exact at its factor and at factor 1', () => {
    fc.assert(
      fc.property(fleet(50), fc.integer({ min: 1, max: 4 }), (weights, factor) => {
        const ring = layout(weights, factor)
        expectShares(ring, weights, factor)
        const { parts, copies } = targetsOf(weights, factor)
        const primary = ownership(ring)
        for (const [name, part] of parts) expect((primary.get(name) as number) * copies).toBeCloseTo(Number(part) / 2 ** 64, 6)
        for (const { tokens } of ring) expectTokens(tokens)
      }),
      { numRuns: 60 },
    )
  })

  it('moves from drawn tokens to any weights at factor 1, and nobody more than once without need', () => {
    fc.assert(
      fc.property(randomRing(6), fc.array(weight, { minLength: 6, maxLength: 6 }), (ring, values) => {
        const weights = Object.fromEntries(ring.map(({ name }, index) => [name, values[index] as number]))
        const plan = planFleet(ring, weights)
        expect(plan.error).toBeLessThanOrEqual(0.01)
        expectShares(plan.ring, weights)
        expect(plan.steps.length).toBeLessThan(ring.length)
      }),
      { numRuns: 40 },
    )
  })

  it('grows at factor 1 without moving anybody', () => {
    fc.assert(
      fc.property(fleet(12), weights => {
        const [last, ...others] = Object.keys(weights).reverse()
        const before = grown(Object.fromEntries(others.map(name => [name, weights[name] as number])))
        const plan = planFleet(before, weights)
        expect(plan.steps.map(({ action, node }) => `${action} ${node}`)).toEqual([`join ${last}`])
        expectShares(plan.ring, weights)
      }),
      { numRuns: 40 },
    )
  })

  it('of two nodes moves the one that shall hold less', () => {
    const plan = planFleet(grown({ a: 1, b: 1 }), { a: 1, b: 2 })
    expect(plan.steps.map(({ action, node }) => `${action} ${node}`)).toEqual(['rejoin a'])
    expect(plan.steps[0]?.streamsOut).toBeCloseTo(1 / 2)
    expect(plan.steps[0]?.streamsIn).toBeCloseTo(1 / 3)
    expect(plan.because.join('\n')).toContain('a must leave and rejoin')
    expect(planFleet(plan.ring, { a: 1, b: 2 }).steps).toEqual([])
  })

  it('lets a node go', () => {
    const plan = planFleet(grown({ a: 1, b: 1, c: 2 }), { a: 1, b: 1 })
    expect(plan.steps[0]).toMatchObject({ action: 'remove', node: 'c' })
    expectShares(plan.ring, { a: 1, b: 1 })
  })

  it('reaches what can be reached at any factor, from any ring', () => {
    fc.assert(
      fc.property(
        randomRing(6),
        fc.array(weight, { minLength: 8, maxLength: 8 }),
        fc.integer({ min: 2, max: 3 }),
        (ring, values, factor) => {
          const weights = Object.fromEntries([...ring.map(({ name }) => name), 'new'].map((name, index) => [name, values[index] as number]))
          const plan = planFleet(ring, weights, { factor })
          expectShares(plan.ring, weights, factor)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('takes one more node at factor 3 without moving anybody, where the fleet was laid out', () => {
    const weights = { a: 1, b: 2, c: 2, d: 1, e: 2 }
    const plan = planFleet(layout(weights, 3), { ...weights, f: 2 }, { factor: 3 })
    expect(plan.steps.map(({ action, node }) => `${action} ${node}`)).toEqual(['join f'])
    expectShares(plan.ring, { ...weights, f: 2 }, 3)
  })

  it('says whom the factor caps', () => {
    const plan = planFleet([], { a: 8, b: 1, c: 1 }, { factor: 2 })
    expect(plan.owns.get('a')).toBeCloseTo(1)
    expect(plan.owns.get('b')).toBeCloseTo(0.5)
    expect(plan.because[0]).toContain('a cannot hold more than everything')
  })
})
