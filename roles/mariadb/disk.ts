import type { DiskPart } from '../../engine/disk.ts'
import type { Rate } from '../rates.ts'

const MiB = 1024 * 1024

/**
 * Bytes a reading takes beside its texts. Measured (`test/engines/mariadb-disk.test.ts`, 300,000 more readings after 100,000): of one
 * place 41, of four in turn 44 to 49, of thirty 54; the largest is taken. The key is the table: there is no index besides.
 */
export const bytesBesideTexts = 56

/** What MariaDB takes of the card. `rates`: what producers send; readings are kept for ever. */
export function mariadbDisk(rates: readonly Rate[], data: string): Readonly<Record<string, DiskPart>> {
  return {
    // What apt says it takes on a Pi that has none of it (bookworm); 30 of it is mariadb-backup.
    'MariaDB and its exporter': { now: 234 * MiB },
    // Seen at 106 MiB: redo log 16, temporary tables 12, system tables and what undo logs of a large insert leave. There is no binlog.
    'system tables and logs': { at: data, now: 128 * MiB },
    // A file of a table grows by four pieces of 1 MiB at a time, and a sort may need as much beside it.
    'room to work': { at: data, floor: 64 * MiB },
    readings: { at: data, perDay: rates.reduce((sum, { readings, texts }) => sum + readings * (bytesBesideTexts + texts), 0) },
  }
}
