import type { JobManagerOptions } from './jobmanager.ts'
import type { TaskManagerOptions } from './taskmanager.ts'

/** What Flink calls these options. */
export const taskManagerKeys: Readonly<Record<keyof TaskManagerOptions, string>> = {
  process: 'taskmanager.memory.process.size',
  flink: 'taskmanager.memory.flink.size',
  frameworkHeap: 'taskmanager.memory.framework.heap.size',
  frameworkOffHeap: 'taskmanager.memory.framework.off-heap.size',
  taskHeap: 'taskmanager.memory.task.heap.size',
  taskOffHeap: 'taskmanager.memory.task.off-heap.size',
  managed: 'taskmanager.memory.managed.size',
  managedFraction: 'taskmanager.memory.managed.fraction',
  networkMin: 'taskmanager.memory.network.min',
  networkMax: 'taskmanager.memory.network.max',
  networkFraction: 'taskmanager.memory.network.fraction',
  networkBuffers: 'taskmanager.network.numberOfBuffers',
  segment: 'taskmanager.memory.segment-size',
  metaspace: 'taskmanager.memory.jvm-metaspace.size',
  overheadMin: 'taskmanager.memory.jvm-overhead.min',
  overheadMax: 'taskmanager.memory.jvm-overhead.max',
  overheadFraction: 'taskmanager.memory.jvm-overhead.fraction',
  cpuCores: 'taskmanager.cpu.cores',
  slots: 'taskmanager.numberOfTaskSlots',
}

/** What Flink calls these options. */
export const jobManagerKeys: Readonly<Record<keyof JobManagerOptions, string>> = {
  process: 'jobmanager.memory.process.size',
  flink: 'jobmanager.memory.flink.size',
  heap: 'jobmanager.memory.heap.size',
  offHeap: 'jobmanager.memory.off-heap.size',
  metaspace: 'jobmanager.memory.jvm-metaspace.size',
  overheadMin: 'jobmanager.memory.jvm-overhead.min',
  overheadMax: 'jobmanager.memory.jvm-overhead.max',
  overheadFraction: 'jobmanager.memory.jvm-overhead.fraction',
}

/** These options as Flink reads them: sizes with their unit, which is bytes. */
export function settings<Options extends object>(
  options: Options,
  keys: Readonly<Record<keyof Options & string, string>>,
): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(options as Record<string, bigint | number | undefined>).flatMap(([name, value]) =>
      value === undefined ? [] : [[keys[name as keyof Options & string], typeof value === 'bigint' ? `${value}b` : value]],
    ),
  )
}
