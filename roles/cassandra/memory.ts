import type { Facts } from '../../engine/facts.ts'
import type { CassandraVars } from './vars.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Sizes of Cassandra's memory areas in bytes, and the numbers of threads they are made for. */
export interface CassandraMemory {
  readonly heap: number
  readonly young: number
  readonly memtables: number
  readonly fileCache: number
  readonly networkCache: number
  readonly direct: number
  readonly keyCache: number
  readonly metaspace: number
  readonly codeCache: number
  readonly stack: number
  readonly native: number
  readonly concurrentReads: number
  readonly concurrentWrites: number
  readonly clientThreads: number
  readonly compactors: number
  /** On the card, not in memory: how much may wait in the commit log. */
  readonly commitLog: number
}

const between = (least: number, value: number, most: number) => Math.min(most, Math.max(least, value))
const whole = (bytes: number) => Math.floor(bytes / MiB) * MiB

/** What Cassandra gets on this Pi. */
export function cassandraMemory(
  { memory, cores }: Pick<Facts, 'memory' | 'cores'>,
  vars: Pick<CassandraVars, 'heap' | 'durable'>,
): CassandraMemory {
  // As sold: the kernel and the graphics keep a part of it for themselves.
  const ram = Math.ceil(memory / (128 * MiB)) * 128 * MiB
  const small = ram <= 512 * MiB

  // A quarter, where the server's own rule takes half on small machines: the rest of the JVM is as large as a small heap, and there is
  // no swap to hide in. 128 MiB is the least that holds the server; beyond 4 GiB a Pi's disk is the limit.
  const heap = vars.heap === undefined ? between(128 * MiB, whole(ram / 4), 4096 * MiB) : vars.heap * MiB
  // Readings live until their memtable is flushed, so the young generation only has to hold requests: a quarter of the heap.
  const young = whole(heap / 4)
  // Memtables may take 3/16 of the heap; with flushing at a third of that, SSTables come out at several MiB each.
  const memtables = whole((heap * 3) / 16)
  // Chunks of SSTables, uncompressed: 1/32 of the RAM. The kernel's page cache does the rest.
  const fileCache = between(16 * MiB, whole(ram / 32), 512 * MiB)
  // Buffers of connections between nodes and with clients: 1/64.
  const networkCache = between(8 * MiB, whole(ram / 64), 128 * MiB)
  // Both live in direct memory. 40 to 128 MiB more hold commit log segments and compression buffers: with none to spare the server
  // fails with "Cannot reserve … bytes of direct buffer memory".
  const direct = fileCache + networkCache + between(40 * MiB, whole(ram / 20), 128 * MiB)
  // Reads of one day of one place are few: positions of their partitions fit in little.
  const keyCache = between(2 * MiB, whole(ram / 128), 64 * MiB)
  // Some 10,000 classes are loaded whatever the Pi; limits a little above what is used, so that a leak is seen.
  const metaspace = (small ? 88 : 104) * MiB
  // C1 and C2 code of the server; where it is full the JIT stops, which costs speed and nothing else.
  const codeCache = (small ? 40 : ram <= 1024 * MiB ? 56 : 96) * MiB
  // Threads wait for the card, not for a core, so there are more than cores; each costs a stack and a share of the young generation.
  const concurrentReads = between(4, 2 * cores, ram <= 1024 * MiB ? 4 : 16)
  // With durable writes a thread waits for the card's sync: many must be able to wait for the same one.
  const concurrentWrites = vars.durable ? 64 : between(8, 4 * cores, ram <= 1024 * MiB ? 8 : 32)
  const clientThreads = between(8, 4 * cores, small ? 8 : 32)
  // The server and its libraries start about 80 threads of their own.
  const stack = (80 + concurrentReads + concurrentWrites + clientThreads) * 256 * KiB
  // Card tables, symbols, malloc's arenas (two), bloom filters and index summaries: grows with the data, hence with the RAM.
  const native = 24 * MiB + whole(ram / 64)
  return {
    heap,
    young,
    memtables,
    fileCache,
    networkCache,
    direct,
    keyCache,
    metaspace,
    codeCache,
    stack,
    native,
    concurrentReads,
    concurrentWrites,
    clientThreads,
    // A compaction keeps a core busy for minutes: one, until there are cores and memory for two.
    compactors: ram >= 4096 * MiB && cores >= 4 ? 2 : 1,
    commitLog: between(128 * MiB, whole(ram / 8), 1024 * MiB),
  }
}

/**
 * What the role holds in memory at most, by part, in bytes. Memtables and key cache are inside the heap, file and network cache inside
 * direct.
 */
export function cassandraUse(
  facts: Pick<Facts, 'memory' | 'cores'>,
  vars: Pick<CassandraVars, 'heap' | 'durable'>,
): Readonly<Record<string, number>> {
  const { heap, direct, metaspace, codeCache, stack, native } = cassandraMemory(facts, vars)
  return { heap, 'direct memory': direct, metaspace, 'code cache': codeCache, 'thread stacks': stack, 'the JVM itself': native }
}
