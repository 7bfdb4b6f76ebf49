import { DoesNotFit } from './arithmetic.ts'
import { jobManagerMemory, type JobManagerMemory, type JobManagerOptions } from './jobmanager.ts'
import { jvmRefusal } from './jvm.ts'
import { jobManagerNative, taskManagerNative, type Native } from './native.ts'
import type { Place } from './place.ts'
import { taskManagerMemory, type TaskManagerMemory, type TaskManagerOptions } from './taskmanager.ts'

const KiB = 1024
const MiB = 1024 * KiB

export interface Planned<Options, Memory> {
  /** What Flink is told. */
  readonly options: Options
  /** What comes of it, by Flink's own rules. */
  readonly memory: Memory
  readonly native: Native
}

/** What both processes get; one that does not run here is absent. */
export interface FlinkPlan {
  /** The TaskManager makes way while a job is submitted: there is no room for both. */
  readonly inTurn?: true
  readonly jobManager?: Planned<JobManagerOptions, JobManagerMemory>
  readonly taskManager?: Planned<TaskManagerOptions, TaskManagerMemory>
}

/** Why nothing starts here, and the bytes it would take at least. */
export interface RefusedPlan {
  readonly refused: string
  readonly least: number
}

/** A part that may grow, in bytes: what it needs, and what it gets where there is room. */
interface Growing {
  readonly least: number
  readonly wanted: number
}

const between = (least: number, value: number, most: number) => Math.min(most, Math.max(least, value))
const whole = (bytes: number) => Math.floor(bytes / MiB) * MiB
const big = (bytes: number) => BigInt(bytes)

/** Parts that grow with the RAM. The figures behind them are in the README, with how to get them again. */
function growing({ ram, slots, backend }: Place) {
  const perSlot = (bytes: number) => slots * bytes
  const heap = { least: 64 * MiB, wanted: between(64 * MiB, whole(ram / 12), 256 * MiB) }
  // The framework has its own; this is for what jobs do, and with `hashmap` for their state.
  const leastTask = 32 * MiB + perSlot(16 * MiB)
  const taskHeap = { least: leastTask, wanted: Math.max(leastTask, between(0, whole(ram / (backend === 'hashmap' ? 5 : 8)), 1024 * MiB)) }
  // RocksDB's caches and write buffers, of each slot. SQL sorts in it, too.
  const leastManaged = backend === 'rocksdb' ? perSlot(32 * MiB) : perSlot(4 * MiB)
  const managed = { least: leastManaged, wanted: backend === 'rocksdb' ? Math.max(leastManaged, whole(ram / 6)) : leastManaged }
  return { heap, taskHeap, managed }
}

/** Sizes in which a JobManager is `heap` large. */
function jobManager(heap: number, native: Native): JobManagerOptions {
  return {
    heap: big(heap),
    // What the network and blobs take of direct memory.
    offHeap: big(16 * MiB),
    metaspace: big(72 * MiB),
    overheadMin: big(native.overhead),
    overheadMax: big(native.overhead),
  }
}

function taskManager(place: Place, taskHeap: number, managed: number, native: Native): TaskManagerOptions {
  const network = big(Math.max(8, 4 * place.slots) * MiB)
  return {
    frameworkHeap: big(32 * MiB),
    // Buffers of sockets, and what is read for a batch.
    frameworkOffHeap: big(24 * MiB),
    taskHeap: big(taskHeap),
    // The client of Kafka, the driver of the database.
    taskOffHeap: big(8 * MiB),
    managed: big(managed),
    networkMin: network,
    networkMax: network,
    // Half of the default: twice as many buffers in the same memory.
    segment: big(16 * KiB),
    metaspace: big(88 * MiB),
    overheadMin: big(native.overhead),
    overheadMax: big(native.overhead),
    cpuCores: place.slots,
    slots: place.slots,
  }
}

/**
 * Memory of Flink's processes on a Pi, before anything is installed: each part, and what does not fit.
 * What is left beside the least of everything is given out in proportion to what each wants; where a submission takes the TaskManager's place,
 * as if that were so of the larger of them, which is never too much.
 * @returns the plan, or the line that says why nothing starts here
 */
export function flinkPlan(place: Place): FlinkPlan | RefusedPlan {
  const { heap, taskHeap, managed } = growing(place)
  const room = place.ram - place.others
  const all = (share: number): FlinkPlan => {
    const sized = ({ least, wanted }: Growing) => least + whole((wanted - least) * share)
    return {
      ...(place.inTurn && { inTurn: true }),
      ...(place.node === 'taskmanager'
        ? {}
        : { jobManager: planned(jobManager(sized(heap), jobManagerNative(place)), jobManagerMemory, jobManagerNative(place)) }),
      ...(place.node === 'jobmanager'
        ? {}
        : {
            taskManager: planned(
              taskManager(place, sized(taskHeap), sized(managed), taskManagerNative(place)),
              taskManagerMemory,
              taskManagerNative(place),
            ),
          }),
    }
  }
  let atLeast = 0
  try {
    const least = all(0)
    atLeast = held(least, place)
    if (atLeast > room) return { refused: tooLarge(least, place), least: atLeast }
    const spare = held(all(1), place) - atLeast
    const plan = all(spare === 0 ? 0 : Math.min(1, (room - atLeast) / spare))
    const refused = [plan.jobManager, plan.taskManager].flatMap(process => jvmRefusal(process?.memory, place.bits) ?? [])[0]
    return refused === undefined ? plan : { refused, least: atLeast }
  } catch (error) {
    if (error instanceof DoesNotFit) return { refused: error.message, least: atLeast }
    throw error
  }
}

function planned<Options, Memory>(options: Options, derive: (options: Options) => Memory, native: Native): Planned<Options, Memory> {
  return { options, memory: derive(options), native }
}

/** Bytes that both processes hold at most (RSS). */
export function promised({ jobManager, taskManager }: FlinkPlan): number {
  return Number((jobManager?.memory.process ?? 0n) + (taskManager?.memory.process ?? 0n))
}

/** Bytes that a submission takes beyond a plan's processes. */
export function beyond({ inTurn, taskManager }: FlinkPlan, moment: number): number {
  return inTurn ? Math.max(0, moment - Number(taskManager?.memory.process ?? 0n)) : moment
}

/** Bytes that all of it holds at most, a submission among it. */
const held = (plan: FlinkPlan, { moment = 0 }: Place): number => promised(plan) + beyond(plan, moment)

function tooLarge(plan: FlinkPlan, place: Place): string {
  const { ram, others, node, slots, moment = 0 } = place
  const mib = (bytes: number | bigint) => Math.ceil(Number(bytes) / MiB)
  const { jobManager, taskManager } = plan
  const parts = [
    ...(jobManager
      ? [
          `JobManager ${mib(jobManager.memory.process)} (heap ${mib(jobManager.memory.heap)}, off-heap ${mib(jobManager.memory.offHeap)}, ` +
            `metaspace ${mib(jobManager.memory.metaspace)}, overhead ${mib(jobManager.memory.overhead)})`,
        ]
      : []),
    ...(taskManager
      ? [
          `TaskManager ${mib(taskManager.memory.process)} (heap ${mib(taskManager.memory.heap)}, direct ${mib(taskManager.memory.direct)}, ` +
            `managed ${mib(taskManager.memory.managed)}, metaspace ${mib(taskManager.memory.metaspace)}, overhead ${mib(taskManager.memory.overhead)})`,
        ]
      : []),
  ]
  if (moment > 0) parts.push(`${mib(moment)} for a moment, when a job is submitted${plan.inTurn ? ", in the TaskManager's place" : ''}`)
  const remedy = [
    ...(node === 'both' ? ['put the TaskManager on another Pi'] : []),
    ...(node !== 'jobmanager' && slots > 1 ? ['give it fewer slots'] : []),
    ...(beyond(plan, moment) > 0 ? ['give it no jobs'] : []),
    'take something else off this Pi',
    'or take one with more RAM',
  ].join(', ')
  return (
    `Flink needs ${mib(held(plan, place))} MiB at least, and ${Math.max(0, Math.floor((ram - others) / MiB))} are left of ${mib(ram)}, ` +
    `for ${mib(others)} are taken: ${parts.join('; ')}. ${remedy[0]?.toUpperCase()}${remedy.slice(1)}`
  )
}
