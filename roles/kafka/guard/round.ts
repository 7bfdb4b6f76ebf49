import type { Connection } from '../admin/protocol/connection.ts'
import { enforce, holdsOf, setHold } from './holds.ts'
import { levelOf, type Level, type Limits } from './level.ts'

/** What a guard knows after it looked. */
export interface Looked {
  /** What this broker asks for. */
  readonly own: Level
  /** What each broker asks for. */
  readonly holds: ReadonlyMap<number, Level>
}

/**
 * Looks at the cluster, notes what this broker asks for, and makes what is in force what all of them ask for. A change of its own is looked
 * at once more: another guard may have read before it and written after it. What is still not right then, the next round mends.
 */
export async function round(connection: Connection, id: number, topic: string, limits: Limits, free: () => number): Promise<Looked> {
  for (let left = 3; ; left--) {
    const seen = await holdsOf(connection, topic)
    const before = seen.holds.get(id) ?? 0
    const own = levelOf(free(), limits, before)
    // The wish is noted first: who is cut off behind it is understood by everybody.
    if (own !== before) await setHold(connection, id, own)
    const holds = new Map(seen.holds).set(id, own)
    const changed = await enforce(connection, topic, { ...seen, holds })
    if ((own === before && !changed) || left === 0) return { own, holds }
  }
}
