import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { makeTables, Store } from '../../bench/by-day/store.ts'
import { bytesOfReading } from '../../roles/cassandra/disk.ts'
import { CassandraNode, cassandraKit, cassandraPossible, destroyRing } from './collector-support/cassandra-node.ts'

if (!cassandraPossible) console.warn('SKIPPED: what a reading takes in Cassandra: it needs java and mvn')

const places = 4
const rows = 200_000
const note = 'cellar'
const address = '127.0.0.31'

/** Readings of four places, one a second each: no date is round, no value comes back soon. */
const readingAt = (row: number) => ({
  location: `producer${row % places}`,
  date: Date.UTC(2026, 0, 1) * 1000 + Math.floor(row / places) * 1_000_000 + ((row * 7919) % 9000) * 100,
  value: 40 + ((row * 7919) % 20_011) / 1000,
  note,
})

describe.skipIf(!cassandraPossible)('what Cassandra takes of the card', { timeout: 600_000 }, () => {
  test('a reading takes what the budget says, in each table', async () => {
    const kit = await cassandraKit([address])
    const node = new CassandraNode(kit, address, address, [0n])
    const bytes = (table: string) =>
      Number(
        spawnSync(
          'bash',
          [
            '-c',
            `find ${kit.directory}/${address}/data/temperature/${table}-* -name 'nb-*' -printf '%s\\n' | awk '{ s += $1 } END { print s }'`,
          ],
          { encoding: 'utf8' },
        ).stdout,
      )
    try {
      await node.start()
      await makeTables(node)
      await Store.use(node, async ({ backend }) => {
        for (let from = 0; from < rows; from += backend.maxBatch)
          await backend.store(Array.from({ length: Math.min(backend.maxBatch, rows - from) }, (_, index) => readingAt(from + index)))
      })
      // An orderly stop writes all that is in memory to files.
      await node.stop('SIGTERM')
      const texts = 'producer0'.length + note.length
      const single = { seen: bytes('reading') / rows, planned: bytesOfReading.single + texts }
      const byDay = { seen: bytes('reading_by_day') / rows, planned: bytesOfReading.byDay }
      console.log(`single ${single.seen.toFixed(1)}, ${single.planned} planned; by day ${byDay.seen.toFixed(1)}, ${byDay.planned} planned`)
      for (const { seen, planned } of [single, byDay]) {
        expect(planned).toBeGreaterThanOrEqual(seen)
        expect(planned).toBeLessThan(seen * 1.6)
      }
    } finally {
      await destroyRing(kit, [node])
    }
  })
})
