import { DoesNotFit, most, said, sum } from './arithmetic.ts'
import { processMemory, type ProcessMemory, type ProcessOptions } from './process.ts'
import { checkWithin, partBeside, partOf, range } from './range.ts'

const MiB = 2n ** 20n

/** What may be told of a TaskManager's memory: sizes in bytes, fractions of 1. */
export interface TaskManagerOptions extends ProcessOptions {
  readonly frameworkHeap?: bigint
  readonly frameworkOffHeap?: bigint
  readonly taskHeap?: bigint
  readonly taskOffHeap?: bigint
  readonly managed?: bigint
  readonly managedFraction?: number
  readonly networkMin?: bigint
  readonly networkMax?: bigint
  readonly networkFraction?: number
  /** The old way to say network memory; only heard where the three above are not given. */
  readonly networkBuffers?: number
  /** Of one such buffer. */
  readonly segment?: bigint
  readonly cpuCores?: number
  readonly slots?: number
}

/** What a TaskManager consists of, in bytes. */
export type TaskManagerMemory = ProcessMemory<TaskManagerParts> & {
  readonly cpuCores: number
  readonly heap: bigint
  readonly direct: bigint
}

interface TaskManagerParts {
  readonly frameworkHeap: bigint
  readonly frameworkOffHeap: bigint
  readonly taskHeap: bigint
  readonly taskOffHeap: bigint
  readonly network: bigint
  readonly managed: bigint
  readonly flink: bigint
}

/** All parts of a TaskManager, by Flink's own rules. @throws {DoesNotFit} where Flink would not start */
export function taskManagerMemory(options: TaskManagerOptions): TaskManagerMemory {
  const { taskHeap, managed } = options
  const memory = processMemory<TaskManagerParts>(options, {
    name: 'taskmanager',
    given: taskHeap !== undefined && managed !== undefined,
    asks: 'taskmanager.memory.task.heap.size and taskmanager.memory.managed.size',
    fromParts: () => fromParts(options, taskHeap ?? 0n, managed ?? 0n),
    fromTotal: flink => fromTotal(options, flink),
  })
  const cpuCores = options.cpuCores ?? options.slots ?? 1
  if (!(cpuCores > 0)) throw new DoesNotFit(`taskmanager.cpu.cores must be above 0, and is ${cpuCores}`)
  return {
    ...memory,
    cpuCores,
    heap: sum(memory.frameworkHeap, memory.taskHeap),
    direct: sum(memory.frameworkOffHeap, memory.taskOffHeap, memory.network),
  }
}

/** Parts that are what they are whatever the rest is. */
const fixed = (options: TaskManagerOptions) => ({
  frameworkHeap: options.frameworkHeap ?? 128n * MiB,
  frameworkOffHeap: options.frameworkOffHeap ?? 128n * MiB,
  taskOffHeap: options.taskOffHeap ?? 0n,
})

function fromParts(options: TaskManagerOptions, taskHeap: bigint, managed: bigint): TaskManagerParts {
  const parts = { ...fixed(options), taskHeap, managed }
  const besides = sum(...Object.values(parts))
  if (options.flink === undefined) {
    const network = networkOfBuffers(options) ?? partBeside(besides, networkRange(options))
    return { ...parts, network, flink: sum(besides, network) }
  }
  return { ...parts, network: networkLeft(options, parts, options.flink), flink: options.flink }
}

function fromTotal(options: TaskManagerOptions, flink: bigint): TaskManagerParts {
  const managed = options.managed ?? partOf(flink, range('taskmanager.memory.managed', 0n, most, options.managedFraction ?? 0.4))
  if (options.taskHeap !== undefined) {
    const parts = { ...fixed(options), taskHeap: options.taskHeap, managed }
    return { ...parts, network: networkLeft(options, parts, flink), flink }
  }
  const network = networkOfBuffers(options) ?? partOf(flink, networkRange(options))
  const parts = { ...fixed(options), managed, network }
  return { ...parts, taskHeap: left(parts, flink), flink }
}

const words: Readonly<Record<string, string>> = {
  frameworkHeap: 'framework heap',
  frameworkOffHeap: 'framework off-heap',
  taskHeap: 'task heap',
  taskOffHeap: 'task off-heap',
  managed: 'managed',
  network: 'network',
}

/** What a total leaves beside these parts. @throws {DoesNotFit} where they are more */
function left(parts: Readonly<Record<string, bigint>>, flink: bigint): bigint {
  const besides = sum(...Object.values(parts))
  if (besides > flink)
    throw new DoesNotFit(
      `taskmanager: ${Object.entries(parts)
        .map(([name, size]) => `${words[name]} ${said(size)}`)
        .join(', ')} are more than Flink's total, ${said(flink)}`,
    )
  return flink - besides
}

function networkLeft(options: TaskManagerOptions, parts: Readonly<Record<string, bigint>>, flink: bigint): bigint {
  const network = left(parts, flink)
  const buffers = networkOfBuffers(options)
  if (buffers === undefined) checkWithin(networkRange(options), network)
  else if (buffers !== network)
    throw new DoesNotFit(`taskmanager: ${said(network)} are left for the network, and its buffers take ${said(buffers)}`)
  return network
}

const networkRange = (options: TaskManagerOptions) =>
  range('taskmanager.memory.network', options.networkMin ?? 64n * MiB, options.networkMax ?? most, options.networkFraction ?? 0.1)

function networkOfBuffers(options: TaskManagerOptions): bigint | undefined {
  const { networkBuffers, networkMin, networkMax, networkFraction, segment = 32n * 1024n } = options
  if (networkBuffers === undefined || networkMin !== undefined || networkMax !== undefined || networkFraction !== undefined)
    return undefined
  const isPower = segment > 0n && (segment & (segment - 1n)) === 0n
  if (segment < 4096n || segment >= 2n ** 31n || !isPower)
    throw new DoesNotFit(`taskmanager.memory.segment-size must be a power of 2 from 4096 on, and is ${segment}`)
  if (networkBuffers < 0) throw new DoesNotFit(`taskmanager.network.numberOfBuffers is below 0: ${networkBuffers}`)
  return BigInt(networkBuffers) * segment
}
