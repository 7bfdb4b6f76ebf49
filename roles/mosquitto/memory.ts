import type { MosquittoVars } from './vars.ts'

const MiB = 1024 * 1024

/** What the broker takes of memory for readings that wait, in bytes, and its own bounds for that: of each sink. */
export interface Queue {
  readonly memory: number
  /** Messages, and bytes of their contents: whichever comes first. */
  readonly messages: number
  readonly bytes: number
}

/** Bytes that the broker holds for a message beside its contents: its topic, where it is stored, and its place in a sink's queue. */
export const besideContents = 512

/**
 * How much may wait for sinks that are away. Messages lie in memory once, however many sinks wait for them; half of the memory is for
 * what is in them, half for what they take beside it.
 */
export function queueOf({ memory }: { readonly memory: number }, { queue }: Pick<MosquittoVars, 'queue'>): Queue {
  const eighth = Math.floor(memory / 8 / MiB) * MiB
  const bytes = queue === undefined ? Math.min(128 * MiB, Math.max(16 * MiB, eighth)) : queue * MiB
  return { memory: bytes, messages: Math.floor(bytes / 2 / besideContents), bytes: bytes / 2 }
}

/** What the broker holds with nothing in its queues, in bytes: itself, and TLS of each client. */
export const serverMemory = (connections: number): number => 12 * MiB + connections * 64 * 1024

/** The limit of its unit: a quarter more than the plan, for the allocator's gaps and pages of the file that is written. */
export const memoryMax = ({ memory }: Queue, connections: number): number => 1.25 * (memory + serverMemory(connections)) + 8 * MiB
