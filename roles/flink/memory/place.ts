/** Of a JVM's own addresses. */
export type Bits = 32 | 64

/** Where a job's state is: on the heap, or in RocksDB's files with its caches in managed memory. */
export type StateBackend = 'hashmap' | 'rocksdb'

/** Which processes run on a Pi. */
export type FlinkNode = 'jobmanager' | 'taskmanager' | 'both'

export interface Place {
  /** Bytes of RAM. */
  readonly ram: number
  /** Bytes that all else on this Pi holds: its system, other roles. */
  readonly others: number
  /** Bytes that are taken for a moment, when a job is submitted; absent: none. */
  readonly moment?: number
  /** Does the TaskManager make way for that moment? Then it takes its place; else it is beside both processes. */
  readonly inTurn?: boolean
  readonly node: FlinkNode
  /** Pieces of jobs that run here at the same time. Without a TaskManager they do not count. */
  readonly slots: number
  readonly backend: StateBackend
  /** Of the JVM, not of the kernel: a 64-bit kernel may carry a 32-bit userland. */
  readonly bits: Bits
}
