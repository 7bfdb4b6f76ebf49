import { DoesNotFit, said, sum } from './arithmetic.ts'
import { processMemory, type ProcessMemory, type ProcessOptions } from './process.ts'

const MiB = 2n ** 20n

/** What may be told of a JobManager's memory, in bytes. */
export interface JobManagerOptions extends ProcessOptions {
  readonly heap?: bigint
  readonly offHeap?: bigint
}

/** What a JobManager consists of, in bytes. */
export type JobManagerMemory = ProcessMemory<JobManagerParts>

interface JobManagerParts {
  readonly heap: bigint
  readonly offHeap: bigint
  readonly flink: bigint
}

/** All parts of a JobManager, by Flink's own rules. @throws {DoesNotFit} where Flink would not start */
export function jobManagerMemory(options: JobManagerOptions): JobManagerMemory {
  const { heap, offHeap = 128n * MiB } = options
  return processMemory<JobManagerParts>(options, {
    name: 'jobmanager',
    given: heap !== undefined,
    asks: 'jobmanager.memory.heap.size',
    fromParts() {
      const flink = sum(heap ?? 0n, offHeap)
      if (options.flink !== undefined && options.flink !== flink)
        throw new DoesNotFit(
          `jobmanager: heap ${said(heap ?? 0n)} and off-heap ${said(offHeap)} are not Flink's total, ${said(options.flink)}: give one or the other`,
        )
      return { heap: heap ?? 0n, offHeap, flink }
    },
    fromTotal(flink) {
      if (flink <= offHeap) throw new DoesNotFit(`jobmanager: off-heap ${said(offHeap)} leaves no heap of Flink's total, ${said(flink)}`)
      return { heap: flink - offHeap, offHeap, flink }
    },
  })
}
