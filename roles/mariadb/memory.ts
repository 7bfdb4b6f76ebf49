import type { Facts } from '../../engine/facts.ts'
import type { MariadbVars } from './vars.ts'

const MiB = 1024 * 1024
const KiB = 1024

/** Sizes of MariaDB's memory areas, in bytes. */
export interface MariadbMemory {
  readonly bufferPool: number
  readonly logBuffer: number
  /** Of each client at work: sort, read and join buffers, stack, network buffers. */
  readonly perConnection: number
  readonly tables: number
}

/**
 * How much memory MariaDB gets on this Pi. The buffer pool is an eighth of the RAM: readings are written once and
 * read rarely, so pages need not stay; 16 MiB is the least that takes 40 writers, beyond 512 MiB nothing is gained.
 */
export function mariadbMemory(facts: Pick<Facts, 'memory'>, vars: Pick<MariadbVars, 'bufferPool'>): MariadbMemory {
  const eighth = Math.floor(facts.memory / 8 / MiB) * MiB
  return {
    bufferPool: vars.bufferPool ?? Math.min(512 * MiB, Math.max(16 * MiB, eighth)),
    logBuffer: 4 * MiB,
    perConnection: 192 * KiB + 256 * KiB + 3 * 64 * KiB + 32 * KiB,
    tables: 1 * MiB,
  }
}

/** What the role holds in memory at most, by part, in bytes. The server itself was seen at 56–60 MB with nothing in its buffers. */
export function mariadbUse(
  facts: Pick<Facts, 'memory'>,
  vars: Pick<MariadbVars, 'bufferPool' | 'connections'>,
): Readonly<Record<string, number>> {
  const memory = mariadbMemory(facts, vars)
  return {
    server: 56 * MiB,
    'buffer pool': memory.bufferPool,
    'log buffer': memory.logBuffer,
    connections: vars.connections * memory.perConnection,
    'table caches': 4 * memory.tables,
  }
}
