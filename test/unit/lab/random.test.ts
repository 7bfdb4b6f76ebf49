import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultSchema } from '../../../lab/fault/kinds.ts'
import { randomScenario, seeded, type Shape } from '../../../lab/scenario/random.ts'

const shapes = fc.record({
  store: fc.constantFrom('mariadb', 'kafka', 'cassandra'),
  stores: fc.integer({ min: 1, max: 5 }),
  producers: fc.integer({ min: 0, max: 4 }),
}) as fc.Arbitrary<Shape>
const runs = fc.tuple(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 30 }), shapes)

describe('a scenario by chance', () => {
  it('is the same for the same seed', () => {
    fc.assert(
      fc.property(runs, ([seed, minutes, shape]) => {
        expect(randomScenario(seed, minutes, shape)).toEqual(randomScenario(seed, minutes, shape))
      }),
    )
  })

  it('is another for another seed', () => {
    const shape = { store: 'kafka', stores: 3, producers: 2 } as const
    const all = new Set(Array.from({ length: 50 }, (_none, seed) => JSON.stringify(randomScenario(seed, 5, shape).steps)))
    expect(all.size).toBe(50)
  })

  it('has only faults there are, and takes its time and not more', () => {
    fc.assert(
      fc.property(runs, ([seed, minutes, shape]) => {
        const { steps } = randomScenario(seed, minutes, shape)
        let seconds = 0
        for (const step of steps) {
          if (step.kind === 'fault') expect(faultSchema.safeParse(step.fault).error).toBeUndefined()
          seconds += step.kind === 'wait' || step.kind === 'fault' ? (step.seconds ?? 0) : 0
        }
        expect(steps.length).toBeGreaterThan(0)
        expect(seconds).toBeLessThanOrEqual(minutes * 60)
      }),
    )
  })

  it('does no two things to a host at a time, and ends each', () => {
    fc.assert(
      fc.property(runs, ([seed, minutes, shape]) => {
        let open: string[] = []
        for (const step of randomScenario(seed, minutes, shape).steps) {
          if (step.kind === 'heal') open = []
          if (step.kind !== 'fault') continue
          const roles = step.fault.hosts.map(word => word.split(':')[0] ?? '')
          expect(open.filter(role => roles.includes(role))).toEqual([])
          if (step.seconds === undefined) open.push(...roles)
        }
        expect(open).toEqual([])
      }),
    )
  })

  it('meets leader, follower, minority and majority of brokers', () => {
    const shape = { store: 'kafka', stores: 3, producers: 2 } as const
    const hit = Array.from({ length: 50 }, (_none, seed) => JSON.stringify(randomScenario(seed, 3, shape))).join()
    for (const which of ['leader', 'follower', 'minority', 'majority', 'any', 'all']) expect(hit).toContain(`kafka:${which}`)
  })
})

describe('numbers of a seed', () => {
  it('are spread evenly', () => {
    const random = seeded(1)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 10_000; i++) {
      const slot = Math.floor(random() * 10)
      counts[slot] = (counts[slot] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
