import { describe, expect, it } from 'vitest'
import { times } from '../../../../roles/flink/memory/arithmetic.ts'
import { jobManagerMemory, type JobManagerOptions } from '../../../../roles/flink/memory/jobmanager.ts'
import { taskManagerMemory, type TaskManagerOptions } from '../../../../roles/flink/memory/taskmanager.ts'

const MiB = 2n ** 20n

// Ten thousand more are compared with Flink's own classes: test/engines/flink-memory.test.ts.
describe("a TaskManager's memory", () => {
  it('of 1 GiB by default leaves a task 25 MiB of heap, as Flink says', () => {
    expect(taskManagerMemory({ process: 1024n * MiB })).toEqual({
      frameworkHeap: 134_217_728n,
      frameworkOffHeap: 134_217_728n,
      taskHeap: 26_843_542n,
      taskOffHeap: 0n,
      network: 67_108_864n,
      managed: 241_591_914n,
      flink: 603_979_776n,
      metaspace: 268_435_456n,
      overhead: 201_326_592n,
      process: 1_073_741_824n,
      cpuCores: 1,
      heap: 161_061_270n,
      direct: 201_326_592n,
    })
  })

  it.for<[of: string, options: TaskManagerOptions, why: RegExp]>([
    ['nothing', {}, /nothing is told of the taskmanager's memory: it needs taskmanager\.memory\.task\.heap\.size and/],
    [
      'too little for its defaults',
      { process: 900n * MiB },
      /framework heap 128 MiB, framework off-heap 128 MiB, .*are more than Flink's total, 452 MiB$/,
    ],
    [
      'less than metaspace and overhead',
      { process: 400n * MiB },
      /metaspace 256 MiB and overhead 192 MiB are more than the process may have, 400 MiB/,
    ],
    [
      'bounds the wrong way round',
      { process: 2048n * MiB, networkMin: 64n * MiB, networkMax: 12n * MiB },
      /network: its least, 64 MiB, is above its most, 12 MiB/,
    ],
    ['a whole as fraction', { process: 2048n * MiB, managedFraction: 1 }, /managed: its fraction 1 is not within 0 and 1/],
    [
      'what is left for the network and is not enough',
      { flink: 512n * MiB, taskHeap: 200n * MiB, managed: 40n * MiB },
      /network: 16 MiB are left for it, and it must be within 64 MiB/,
    ],
    [
      'parts above the process',
      { process: 600n * MiB, taskHeap: 256n * MiB, managed: 64n * MiB },
      /Flink's own .* and metaspace 256 MiB are more than the process may have, 600 MiB/,
    ],
    ['an odd segment', { process: 2048n * MiB, networkBuffers: 100, segment: 5000n }, /power of 2/],
    ['no core', { process: 2048n * MiB, slots: 0 }, /cpu\.cores must be above 0/],
    ['more than can be counted', { taskHeap: 2n ** 63n - 1n, managed: 1n }, /more than Flink counts with/],
  ])('is refused with what does not fit: %s', ([, options, why]) => expect(() => taskManagerMemory(options)).toThrow(why))
})

describe("a JobManager's memory", () => {
  it('of 1 GiB by default', () => {
    expect(jobManagerMemory({ process: 1024n * MiB })).toEqual({
      heap: 448n * MiB,
      offHeap: 128n * MiB,
      flink: 576n * MiB,
      metaspace: 256n * MiB,
      overhead: 192n * MiB,
      process: 1024n * MiB,
    })
  })

  it.for<[of: string, options: JobManagerOptions, why: RegExp]>([
    ['no heap left', { flink: 128n * MiB }, /off-heap 128 MiB leaves no heap of Flink's total, 128 MiB/],
    ['two totals', { flink: 300n * MiB, heap: 64n * MiB }, /heap 64 MiB and off-heap 128 MiB are not Flink's total, 300 MiB/],
    ['an overhead that is not allowed', { process: 600n * MiB, heap: 200n * MiB }, /jvm-overhead: 16 MiB are left for it/],
  ])('is refused with what does not fit: %s', ([, options, why]) => expect(() => jobManagerMemory(options)).toThrow(why))
})

describe('a fraction of bytes', () => {
  it('is cut, never rounded, and exact where a double is not', () => {
    expect(times(2n ** 53n + 1n, 1)).toBe(2n ** 53n + 1n)
    expect(times(999n, 0.001)).toBe(0n)
    expect(times(1000n, 0.001)).toBe(1n)
    expect(times(10n ** 9n, 3e-9)).toBe(3n)
  })
})
