import fc from 'fast-check'
import type { JobManagerOptions } from '../../../roles/flink/memory/jobmanager.ts'
import type { TaskManagerOptions } from '../../../roles/flink/memory/taskmanager.ts'

const MiB = 2n ** 20n

const mebibytes = (least: number, greatest: number) => fc.integer({ min: least, max: greatest }).map(count => BigInt(count) * MiB)

/** A size near what such a part has, in whole MiB or odd bytes; now and then one at the edge of what can be counted. */
const size = (least: number, greatest: number) =>
  fc.oneof(
    { weight: 12, arbitrary: mebibytes(least, greatest) },
    { weight: 6, arbitrary: fc.bigInt(BigInt(least) * MiB, BigInt(greatest) * MiB) },
    { weight: 1, arbitrary: fc.constantFrom(0n, 1n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n) },
  )

const fraction = fc.oneof(
  { weight: 10, arbitrary: fc.integer({ min: 0, max: 700 }).map(thousandths => thousandths / 1000) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 9999 }).map(parts => parts / 10_000) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0.999999, 1, 1.5, 1e-7, 3e-9) },
)

/** Given in one of `of` cases. */
const now = <T>(arbitrary: fc.Arbitrary<T>, of: number) => fc.option(arbitrary, { nil: undefined, freq: of - 1 }).map(value => value)
const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.integer({ min: 0, max: 4 }).chain(draw => (draw === 0 ? arbitrary : fc.constant(undefined)))

const shared = {
  metaspace: now(size(32, 256), 3),
  overheadMin: now(size(0, 192), 3),
  overheadMax: now(size(96, 1024), 3),
  overheadFraction: now(fraction, 3),
}

type Given<T> = { readonly [Name in keyof T]?: T[Name] | undefined }

/** Options that are not given, left out. */
function given<T extends object>(options: Given<T>): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

/** Any configuration of a TaskManager: some start, some do not. */
export const anyTaskManager: fc.Arbitrary<TaskManagerOptions> = fc
  .record({
    ...shared,
    process: now(size(300, 2400), 2),
    flink: now(size(200, 1800), 3),
    frameworkHeap: now(size(0, 128), 3),
    frameworkOffHeap: now(size(0, 128), 3),
    taskHeap: now(size(0, 512), 3),
    taskOffHeap: now(size(0, 64), 3),
    managed: now(size(0, 512), 3),
    managedFraction: now(fraction, 2),
    networkMin: now(size(0, 64), 3),
    networkMax: now(size(32, 2048), 3),
    networkFraction: now(fraction, 3),
    networkBuffers: seldom(fc.oneof(fc.integer({ min: 0, max: 8192 }), fc.constantFrom(2 ** 31 - 1, -1))),
    segment: seldom(fc.constantFrom(4096n, 8192n, 16_384n, 32_768n, 65_536n, 2048n, 5000n, 2n ** 31n)),
    cpuCores: seldom(fc.constantFrom(0.5, 1, 2, 4, 0, -1)),
    slots: now(fc.integer({ min: 0, max: 8 }), 2),
  })
  .map(options => given<TaskManagerOptions>(options))

/** Any configuration of a JobManager. */
export const anyJobManager: fc.Arbitrary<JobManagerOptions> = fc
  .record({
    ...shared,
    process: now(size(200, 2400), 2),
    flink: now(size(100, 1600), 3),
    heap: now(size(0, 1024), 2),
    offHeap: now(size(0, 256), 2),
  })
  .map(options => given<JobManagerOptions>(options))

/** Options that say a total, and make it up of its parts: where a fraction decides, and little is refused. */
export const likelyTaskManager: fc.Arbitrary<TaskManagerOptions> = fc
  .record({
    metaspace: now(mebibytes(64, 128), 2),
    overheadMin: now(mebibytes(32, 96), 2),
    overheadFraction: now(fraction, 3),
    process: fc.bigInt(700n * MiB, 4000n * MiB),
    frameworkHeap: now(mebibytes(16, 64), 2),
    frameworkOffHeap: now(mebibytes(16, 64), 2),
    taskOffHeap: now(mebibytes(0, 32), 3),
    managed: now(mebibytes(0, 128), 2),
    managedFraction: now(fraction, 2),
    networkMin: now(mebibytes(4, 32), 2),
    networkFraction: now(fraction, 2),
    slots: now(fc.integer({ min: 1, max: 8 }), 2),
  })
  .map(options => given<TaskManagerOptions>(options))
