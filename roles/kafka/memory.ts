import type { Facts } from '../../engine/facts.ts'
import type { KafkaVars } from './vars.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Sizes of a broker's memory areas in bytes, and the numbers of threads they are made for. */
export interface KafkaMemory {
  readonly heap: number
  /** The least heap that these partitions run in. */
  readonly leastHeap: number
  readonly direct: number
  readonly metaspace: number
  readonly codeCache: number
  readonly stack: number
  readonly native: number
  /** Not the broker's own: what the kernel needs to keep the newest readings in memory. */
  readonly pageCache: number
  /** Does the second compiler pay? It takes memory while it works. */
  readonly tiered: boolean
  readonly networkThreads: number
  readonly ioThreads: number
  /** On the heap: what the cleaner of compacted topics, which are small here, may take. */
  readonly dedupe: number
  /** Bytes of requests that may wait for an io thread, on the heap. */
  readonly queuedRequests: number
}

/** Partitions of a broker: copies of the topic's, and of those that Kafka keeps for itself (offsets 8, transactions 4, share groups 4). */
export const replicasOf = ({ partitions = 64, replication }: Pick<KafkaVars, 'partitions' | 'replication'>): number =>
  partitions * replication + 16

const between = (least: number, value: number, most: number) => Math.min(most, Math.max(least, value))
const whole = (bytes: number) => Math.floor(bytes / MiB) * MiB

/** What a broker gets on this Pi. The figures behind it are in the README, with how to get them again. */
export function kafkaMemory(
  { memory, cores }: Pick<Facts, 'memory' | 'cores'>,
  vars: Pick<KafkaVars, 'heap' | 'pageCache' | 'partitions' | 'replication'>,
): KafkaMemory {
  // As sold: the kernel and the graphics keep a part of it for themselves.
  const ram = Math.ceil(memory / (128 * MiB)) * 128 * MiB
  const replicas = replicasOf(vars)
  // Alive are 33 MiB of a broker that does nothing, and 17 KiB for each partition that is written to. A heap that is twice as large collects
  // garbage now and then; one that is nearly full does nothing else, and never dies of it.
  const leastHeap = 64 * MiB + Math.ceil((replicas * 64 * KiB) / MiB) * MiB
  const heap = vars.heap === undefined ? Math.max(leastHeap, between(96 * MiB, whole(ram / 8), 1024 * MiB)) : vars.heap * MiB
  const tiered = ram >= 2048 * MiB
  const networkThreads = between(2, cores - 1, 4)
  // They wait for the card, not for a core.
  const ioThreads = between(2, cores, 8)
  return {
    heap,
    leastHeap,
    // A buffer of at most 256 KiB for each thread that reads or writes, and what TLS unpacks into: as the heap, as much as clients ask for.
    direct: between(24 * MiB, whole(heap / 4), 128 * MiB),
    // 45 MiB of classes are loaded whatever the Pi; a limit a little above, so that a leak is seen.
    metaspace: 64 * MiB,
    // 11 MiB of C1's code; C2 makes more of it. Where it is full the JIT stops, which costs speed and nothing else.
    codeCache: (tiered ? 64 : 24) * MiB,
    // The server and its libraries start about 80 threads of their own; of its 256 KiB a thread touches less than half.
    stack: (80 + 3 * networkThreads + ioThreads) * 128 * KiB,
    // Symbols and shared classes (23 MiB), the JVM's own code and mapped indexes (24 MiB), malloc's two arenas; C2 takes as much again while it works.
    native: (tiered ? 112 : 56) * MiB,
    pageCache: vars.pageCache === undefined ? between(32 * MiB, whole(ram / 16), 512 * MiB) : vars.pageCache * MiB,
    tiered,
    networkThreads,
    ioThreads,
    dedupe: 2 * MiB,
    queuedRequests: whole(heap / 12),
  }
}

/** Bytes that the guard's process holds at most (its RSS). Of 54 that were seen 37 are the files of Node.js, which its other programs on the Pi share. */
export const guardRss = 60 * MiB

/** Bytes that the broker's process holds at most (its RSS). */
export function promisedRss({ heap, direct, metaspace, codeCache, stack, native }: KafkaMemory): number {
  return heap + direct + metaspace + codeCache + stack + native
}

/** What the role holds in memory at most, by part, in bytes. */
export function kafkaUse(
  facts: Pick<Facts, 'memory' | 'cores'>,
  vars: Pick<KafkaVars, 'heap' | 'pageCache' | 'partitions' | 'replication'>,
): Readonly<Record<string, number>> {
  const { heap, direct, metaspace, codeCache, stack, native, pageCache } = kafkaMemory(facts, vars)
  return {
    heap,
    'direct memory': direct,
    metaspace,
    'code cache': codeCache,
    'thread stacks': stack,
    'the JVM itself': native,
    'page cache for the newest readings': pageCache,
    'guard of the card': guardRss,
  }
}
