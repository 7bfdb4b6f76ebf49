import type { DiskPart } from '../../engine/disk.ts'
import type { Facts } from '../../engine/facts.ts'
import type { Rate } from '../rates.ts'
import { logFolder, stateFolder } from './config/paths.ts'
import { kafkaMemory } from './memory.ts'
import type { Member } from './members.ts'
import { copyShares, partitionsFor } from './placement/targets.ts'

const MiB = 1024 * 1024

/**
 * Bytes a copy of a reading takes beside its texts. An agent sends each reading as it comes, so each is a batch of its own: 61 bytes of
 * its head, and gzip has next to nothing to find in one record. What waited meanwhile goes in larger batches.
 * Measured (`test/engines/kafka-disk.test.ts`): 153 with texts of 15 bytes, and 16 in batches of 500.
 */
export const bytesBesideTexts = 139

/** The share of all copies that a broker holds, by its weight: with two copies of each reading they add up to two. */
export function shareOf(own: Member, members: readonly Member[]): number {
  const brokers = members.map(({ id, weight }) => ({ id, weight }))
  const vars = members[0]?.vars ?? own.vars
  const partitions = vars.partitions ?? partitionsFor(brokers)
  return (copyShares(brokers, partitions, Math.min(vars.replication, brokers.length)).get(own.id)?.exact ?? 0) / partitions
}

/** What a broker takes of the card. `rates`: what producers send to the cluster. */
export function kafkaDisk(
  own: Member,
  members: readonly Member[],
  facts: Pick<Facts, 'memory' | 'cores'>,
  rates: readonly Rate[],
): Readonly<Record<string, DiskPart>> {
  const retention = members[0]?.vars.retention
  const perDay = shareOf(own, members) * rates.reduce((sum, { readings, texts }) => sum + readings * (bytesBesideTexts + texts), 0)
  return {
    // The server 80 MiB unpacked and as much packed; Java 214, Node.js 110 as apt says (bookworm).
    'Kafka, Java and Node.js': { now: 490 * MiB },
    'logs of garbage collection': { at: logFolder, now: 6 * MiB },
    'heap dump': { at: stateFolder, now: kafkaMemory(facts, own.vars).heap },
    // Its log has 32 MiB at most and a segment more, snapshots beside it; offsets of consumers are compacted.
    'metadata and offsets': { at: stateFolder, now: 64 * MiB },
    // Below it no broker takes readings.
    'what the guard keeps free': { at: stateFolder, floor: own.vars.floor * MiB },
    // A segment goes as a whole, when its newest reading is old enough.
    readings: { at: stateFolder, perDay, ...(retention !== undefined && { days: retention + 7 }) },
  }
}
