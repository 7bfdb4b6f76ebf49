import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Place } from '../../../../roles/flink/memory/place.ts'
import { beyond, flinkPlan, promised, type FlinkPlan } from '../../../../roles/flink/memory/plan.ts'

const MiB = 2 ** 20

const place = (more: Partial<Place> = {}): Place => ({
  ram: 1024 * MiB,
  others: 96 * MiB,
  node: 'both',
  slots: 1,
  backend: 'hashmap',
  bits: 64,
  ...more,
})

function planOf(more: Partial<Place>): FlinkPlan {
  const plan = flinkPlan(place(more))
  if ('refused' in plan) throw new Error(plan.refused)
  return plan
}

const refusalOf = (more: Partial<Place>) => {
  const plan = flinkPlan(place(more))
  return 'refused' in plan ? plan.refused : undefined
}

const inMiB = (memory: object | undefined) =>
  Object.fromEntries(
    Object.entries((memory ?? {}) as Record<string, bigint | number>).map(([name, size]) => [
      name,
      typeof size === 'bigint' ? Number(size) / MiB : size,
    ]),
  )

describe("Flink's memory on a Pi", () => {
  it('of 1 GiB, with both processes: every part of each', () => {
    const plan = planOf({})
    expect(inMiB(plan.jobManager?.memory)).toEqual({ heap: 85, offHeap: 16, flink: 101, metaspace: 72, overhead: 69, process: 242 })
    expect(inMiB(plan.taskManager?.memory)).toEqual({
      frameworkHeap: 32,
      frameworkOffHeap: 24,
      taskHeap: 204,
      taskOffHeap: 8,
      network: 8,
      managed: 4,
      flink: 280,
      metaspace: 88,
      overhead: 69,
      process: 437,
      cpuCores: 1,
      heap: 236,
      direct: 40,
    })
  })

  it('is less beside others, down to what still starts', () => {
    expect(promised(planOf({ others: 96 * MiB })) / MiB).toBe(679)
    expect(promised(planOf({ others: 424 * MiB })) / MiB).toBeLessThanOrEqual(600)
    expect(promised(planOf({ others: 522 * MiB })) / MiB).toBe(502)
  })

  it('of 512 MiB does not hold both, and says what it would take and what can be done', () => {
    expect(refusalOf({ ram: 512 * MiB })).toBe(
      'Flink needs 502 MiB at least, and 416 are left of 512, for 96 are taken: ' +
        'JobManager 221 (heap 64, off-heap 16, metaspace 72, overhead 69); ' +
        'TaskManager 281 (heap 80, direct 40, managed 4, metaspace 88, overhead 69). ' +
        'Put the TaskManager on another Pi, take something else off this Pi, or take one with more RAM',
    )
    expect(refusalOf({ ram: 512 * MiB, node: 'taskmanager', slots: 8 })).toContain('Give it fewer slots')
  })

  it('of 512 MiB holds either', () => {
    expect(planOf({ ram: 512 * MiB, node: 'jobmanager' }).taskManager).toBeUndefined()
    expect(planOf({ ram: 512 * MiB, node: 'taskmanager' }).jobManager).toBeUndefined()
    expect(promised(planOf({ ram: 512 * MiB, node: 'taskmanager' })) / MiB).toBe(335)
  })

  it('where nothing is left says so', () => {
    expect(refusalOf({ others: 2000 * MiB })).toContain('and 0 are left of 1024')
  })

  it('with state in RocksDB has it in managed memory, and its indexes in the overhead', () => {
    const [heap, files] = [planOf({ ram: 2048 * MiB }), planOf({ ram: 2048 * MiB, backend: 'rocksdb' })].map(plan =>
      inMiB(plan.taskManager?.memory),
    )
    expect(files?.['managed']).toBeGreaterThan((heap?.['managed'] as number) * 10)
    expect(files?.['taskHeap']).toBeLessThan(heap?.['taskHeap'] as number)
    expect(files?.['overhead']).toBe((heap?.['overhead'] as number) + 24)
  })

  it('never is more than there is, and grows with the RAM and with the slots', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 8192 }),
        fc.integer({ min: 0, max: 2048 }),
        fc.constantFrom('jobmanager', 'taskmanager', 'both'),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom('hashmap', 'rocksdb'),
        (ram, others, node, slots, backend) => {
          const given = place({ ram: ram * MiB, others: others * MiB, node, slots, backend })
          const [plan, larger] = [flinkPlan(given), flinkPlan({ ...given, ram: given.ram + 256 * MiB })]
          if ('refused' in plan) return
          expect(promised(plan)).toBeLessThanOrEqual(given.ram - given.others)
          if ('refused' in larger) throw new Error(larger.refused)
          expect(promised(larger)).toBeGreaterThanOrEqual(promised(plan))
          const { taskManager } = plan
          if (taskManager === undefined) return
          expect(taskManager.memory.network).toBeGreaterThanOrEqual(BigInt(slots * 4 * MiB))
          expect(taskManager.memory.taskHeap).toBeGreaterThanOrEqual(BigInt((32 + 16 * slots) * MiB))
        },
      ),
    )
  })

  describe('while a job is submitted', () => {
    const moment = 272 * MiB
    const jobs = { moment, slots: 2 } as const

    it('has room for that beside both processes, or lets it have the place of the TaskManager', () => {
      const others = (left: number) => (1024 - left) * MiB
      expect(refusalOf({ ...jobs, others: others(600) })).toMatch(
        /^Flink needs 795 MiB at least, and 600 are left of 1024.*272 for a moment, when a job is submitted\. .*give it no jobs/,
      )
      const plan = planOf({ ...jobs, inTurn: true, others: others(600) })
      expect(plan.inTurn).toBe(true)
      expect(promised(plan) / MiB).toBeLessThanOrEqual(600)
      expect(beyond(plan, moment)).toBe(0)
      expect(refusalOf({ ...jobs, inTurn: true, others: others(500) })).toMatch(
        /^Flink needs 523 MiB at least.*272 for a moment, when a job is submitted, in the TaskManager's place\. (?!.*give it no jobs)/,
      )
    })

    it('never takes more than there is, whichever of the two is larger', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 400, max: 4096 }),
          fc.integer({ min: 0, max: 1024 }),
          fc.integer({ min: 1, max: 4 }),
          fc.boolean(),
          (ram, atMoment, slots, inTurn) => {
            const given = place({ ram: ram * MiB, moment: atMoment * MiB, slots, inTurn })
            const plan = flinkPlan(given)
            if ('refused' in plan) return
            const [job = 0, task = 0] = [plan.jobManager, plan.taskManager].map(process => Number(process?.memory.process))
            const submitting = job + atMoment * MiB + (inTurn ? 0 : task)
            expect(Math.max(job + task, submitting)).toBeLessThanOrEqual(given.ram - given.others)
          },
        ),
      )
    })
  })

  it('on a JVM of 32 bits stays within its addresses', () => {
    fc.assert(
      fc.property(fc.integer({ min: 512, max: 8192 }), fc.integer({ min: 1, max: 4 }), (ram, slots) => {
        const { jobManager, taskManager } = planOf({ ram: ram * MiB + 512 * MiB, slots, bits: 32 })
        for (const memory of [jobManager?.memory, taskManager?.memory]) expect(Number(memory?.process) / MiB).toBeLessThan(2048)
      }),
    )
  })
})
