import { statSync } from 'node:fs'
import { loadCursor } from './cursor.ts'
import type { Queue } from './queue.ts'
import { readSlice, scanSegment, segmentNumbers, segmentPath } from './segment.ts'

export interface QueueState {
  readonly directory: string
  readonly segments: number
  readonly bytes: number
  /** First and last sequence number on disk; undefined in an empty queue. */
  readonly first: number | undefined
  readonly last: number | undefined
  readonly backends: readonly BackendState[]
}

export interface BackendState {
  readonly name: string
  /** Readings not acknowledged; from files as of the cursor last saved, which a running agent does every 10 s. */
  readonly length: number
  /** Microseconds since 1970 UTC of the oldest of them. */
  readonly oldest: number | undefined
}

/**
 * Looks at a queue without touching it: also while an agent runs. A directory that is not there is an empty queue. @throws where it
 * cannot be read
 */
export function inspectQueue(directory: string, backends: readonly string[]): QueueState {
  const numbers = segmentNumbers(directory)
  const paths = numbers.map(first => segmentPath(directory, first))
  const newest = paths.at(-1)
  const last = newest === undefined ? undefined : (scanSegment(newest).last?.sequence ?? (numbers.at(-1) ?? 1) - 1)
  const bytes = paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0)
  const stateOf = (name: string): BackendState => {
    const after = Math.max(loadCursor(directory, name).sequence, (numbers[0] ?? 1) - 1)
    return { name, length: last === undefined ? 0 : Math.max(0, last - after), oldest: dateAfter(paths, numbers, after) }
  }
  return { directory, segments: paths.length, bytes, first: numbers[0], last, backends: backends.map(stateOf) }
}

/** The state of a queue by whoever has it open: to the reading. */
export function liveState(queue: Queue): QueueState {
  const { directory, segments, bytes, readers, nextSequence } = queue
  const backends = [...readers.values()].map(({ name, length, oldestDate }) => ({ name, length, oldest: oldestDate }))
  return {
    directory,
    segments: segments.length,
    bytes,
    first: segments[0]?.first,
    last: nextSequence > 1 ? nextSequence - 1 : undefined,
    backends,
  }
}

function dateAfter(paths: readonly string[], numbers: readonly number[], after: number): number | undefined {
  const start = Math.max(
    0,
    numbers.findLastIndex(first => first <= after + 1),
  )
  for (const path of paths.slice(start)) {
    for (let offset = 0, ended = false; !ended; ) {
      const slice = readSlice(path, offset, 1000)
      const found = slice.records.find(({ sequence }) => sequence > after)
      if (found) return found.date
      ;({ offset, ended } = slice)
    }
  }
  return undefined
}
