import type { Queue } from './queue.ts'

/**
 * When readings are forced to the card.
 * - `behind`: every interval while a backend lacks a reading older than that, else every 30 s. When all is well a reading is safe
 *   in the database a moment after it was taken, and forcing it to the card as well would only wear the card.
 * - `always`: every interval. For a database whose power fails with the producer's.
 * - `never`: the kernel decides. For a queue on a RAM disk.
 */
export type SyncPolicy = 'behind' | 'always' | 'never'

const calmInterval = 30_000
const cursorInterval = 10_000

export interface UpkeepOptions {
  readonly policy: SyncPolicy
  /** Milliseconds: what a power cut may take while a backend is away. */
  readonly interval: number
  readonly onError: (error: unknown) => void
}

/** Syncs the queue and saves its cursors from time to time, until the returned function is called. */
export function keepUp(queue: Queue, { policy, interval, onError }: UpkeepOptions): () => void {
  let lastAtTick = queue.nextSequence - 1
  let sinceSync = 0
  let sinceSave = 0
  const tick = async (): Promise<void> => {
    const behind = [...queue.readers.values()].some(reader => reader.cursor.sequence < lastAtTick)
    lastAtTick = queue.nextSequence - 1
    sinceSync += interval
    sinceSave += interval
    if (sinceSave >= cursorInterval) {
      sinceSave = 0
      queue.saveCursors()
    }
    if (policy === 'always' || (policy === 'behind' && (behind || sinceSync >= calmInterval))) {
      sinceSync = 0
      await queue.sync()
    }
  }
  const timer = setInterval(() => void tick().catch(onError), interval)
  return () => clearInterval(timer)
}
