import type { DiskPart } from '../../engine/disk.ts'
import type { Facts } from '../../engine/facts.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import type { Rate } from '../rates.ts'
import { weightsOf } from './nodes.ts'
import { cassandraMemory } from './memory.ts'
import { fraction } from './tokens/ring.ts'
import { targetsOf } from './tokens/targets.ts'
import type { CassandraVars } from './vars.ts'

const MiB = 1024 * 1024

/**
 * Bytes a copy of a reading takes in each of the two tables, with index and filter. Measured (`test/engines/cassandra-disk.proof.test.ts`)
 * with 200,000 readings of four places, dates that jitter and values in thousandths: 54.1 with texts of 15 bytes, and 12.7 by day. In the
 * table of single readings the index says each key once more, and texts count beside; by day they compress to next to nothing.
 */
export const bytesOfReading = { single: 44, byDay: 18 } as const

/** What a node takes of the card. `rates`: what producers send to the ring; `data`: where the node keeps its own. */
export function cassandraDisk(
  { host, fleet, facts, vars }: { readonly host: Host; readonly fleet: Fleet; readonly facts: Facts; readonly vars: CassandraVars },
  rates: readonly Rate[],
  data: string,
): Readonly<Record<string, DiskPart>> {
  const share = fraction(targetsOf(weightsOf(fleet), vars.replication).parts.get(host.name) ?? 0n)
  const perDay = (bytes: (texts: number) => number) => share * rates.reduce((sum, { readings, texts }) => sum + readings * bytes(texts), 0)
  const single = perDay(texts => bytesOfReading.single + texts)
  const byDay = perDay(() => bytesOfReading.byDay)
  const window = vars.window ?? (vars.retention === undefined ? 7 : Math.ceil(vars.retention / 30))
  const ends = vars.retention === undefined ? {} : { days: vars.retention + 2 * window }
  return {
    // Seen: the server 65 MiB unpacked and as much packed; Java 214, Node.js 110 as apt says (bookworm).
    'Cassandra, Java and Node.js': { now: 460 * MiB },
    'commit log': { at: data, now: cassandraMemory(facts, vars).commitLog },
    'system tables': { at: data, now: 32 * MiB },
    'single readings': { at: data, perDay: single },
    // Files of a size are merged into one: all of a table, at worst, lies there twice meanwhile.
    'room to merge single readings': { at: data, perDay: single },
    'readings by day': { at: data, perDay: byDay, ...ends },
    'room to merge readings by day':
      vars.compaction === 'TimeWindow' ? { at: data, floor: byDay * window } : { at: data, perDay: byDay, ...ends },
  }
}
