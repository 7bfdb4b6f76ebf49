import { describe, expect, it } from 'vitest'
import { flinkUse, planFor, slotsByWeight } from '../../../../roles/flink/place.ts'
import { flinkVars } from '../../../../roles/flink/vars.ts'
import { facts } from './fleet.ts'

const MiB = 2 ** 20
const pi = (model: string | undefined, more: object = {}) => ({
  host: model === undefined ? {} : { model },
  facts,
  vars: flinkVars.parse({}),
  ...more,
})
const slotsOf = (plan: ReturnType<typeof planFor>) => ('refused' in plan ? plan.refused : plan.taskManager?.memory.cpuCores)

describe('slots', () => {
  it('follow the weight of the model, one at least, no more than cores', () => {
    const models = ['rpi1b', 'rpi2b', 'rpi3b', 'rpi4-4g', 'rpi5-8g', undefined]
    expect(models.map(model => slotsByWeight({ host: model === undefined ? {} : { model }, facts }))).toEqual([1, 1, 1, 3, 4, 1])
  })

  it('that nobody asked for are given up where memory is short; those that were asked for are refused', () => {
    expect(slotsOf(planFor(pi('rpi4-1g', { beside: 400 * MiB })))).toBe(3)
    expect(slotsOf(planFor(pi('rpi4-1g', { beside: 500 * MiB })))).toBe(2)
    const refused = planFor(pi('rpi4-1g', { beside: 500 * MiB, vars: flinkVars.parse({ slots: 3 }) }))
    expect(slotsOf(refused)).toMatch(/^Flink needs \d+ MiB at least, and 524 are left of 1024/)
  })
})

describe('memory', () => {
  it('is what is left beside other roles, up to what pays', () => {
    const alone = flinkUse(pi('rpi3b'))
    const beside = flinkUse(pi('rpi3b', { beside: 450 * MiB }))
    expect(Object.keys(alone)).toEqual(['JobManager', 'TaskManager'])
    expect(Object.values(beside).reduce((sum, part) => sum + part, 0)).toBeLessThanOrEqual(574 * MiB)
    expect(alone['TaskManager']).toBeGreaterThan(beside['TaskManager'] ?? 0)
  })

  it('of a Pi that has no room is the least it would take, with the line that does not fit', () => {
    const full = pi('rpi3b', { beside: 900 * MiB })
    expect(flinkUse(full)).toEqual({ 'Flink, at the least': 502 * MiB })
    expect(planFor(full)).toMatchObject({
      refused: expect.stringMatching(/^Flink needs 502 MiB at least, and 124 are left of 1024/) as unknown,
    })
  })

  it('has the TaskManager make way for a submission only where there is no room for both', () => {
    const given = (beside: number, vars: object = {}) => {
      const of = pi('rpi3b', { beside: beside * MiB, vars: flinkVars.parse({ jobs: ['averages'], ...vars }) })
      const plan = planFor(of)
      return 'refused' in plan ? plan.refused : [plan.inTurn ?? false, Object.keys(flinkUse(of)).length]
    }
    expect(given(96)).toEqual([false, 3])
    expect(given(515)).toEqual([true, 2])
    expect(given(523)).toMatch(
      /^Flink needs 502 MiB at least, and 501 are left.*in the TaskManager's place\. Put the TaskManager on another Pi/,
    )
    // A TaskManager that is not there makes no way.
    expect(given(600, { processes: 'jobmanager' })).toMatch(/^Flink needs 493 MiB .*272 for a moment, when a job is submitted\. /)
  })

  it('of a 32-bit JVM stays within what it has addresses for', () => {
    const old = { ...facts, architecture: 'armhf', memory: 8192 * MiB } as typeof facts
    const plan = planFor(pi('rpi4-8g', { facts: old }))
    expect('refused' in plan ? plan.refused : '').not.toMatch(/maximum representable/)
  })
})
