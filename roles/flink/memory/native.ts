import type { Place } from './place.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** What a JVM takes that is neither heap, direct memory nor metaspace, in bytes: Flink calls the sum its overhead. */
export interface Native {
  /** Does the second compiler pay? It takes memory while it works. */
  readonly tiered: boolean
  readonly codeCache: number
  /** Of one thread. Generated code of SQL nests deep. */
  readonly stack: number
  readonly overhead: number
}

const stack = 512 * KiB

/** What a thread touches of its stack. */
const touched = 128 * KiB

function native(threads: number, more: number, tiered: boolean): Native {
  const codeCache = (tiered ? 64 : 24) * MiB
  // Symbols (13 MiB), shared classes (12 MiB), the JVM's own code; C2 takes as much again while it works.
  const self = (tiered ? 72 : 36) * MiB
  return { tiered, codeCache, stack, overhead: Math.ceil((codeCache + threads * touched + self + more) / MiB) * MiB }
}

const tieredOn = ({ ram }: Pick<Place, 'ram'>) => ram >= 1900 * MiB

export const jobManagerNative = (place: Place): Native => native(72, 0, tieredOn(place))

/** Threads grow with the slots. RocksDB has its own, and holds indexes of its tables. */
export const taskManagerNative = (place: Place): Native =>
  native(64 + 8 * place.slots, place.backend === 'rocksdb' ? 24 * MiB * place.slots : 0, tieredOn(place))
