import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bytesBesideTexts } from '../../roles/mariadb/disk.ts'
import { readings } from '../../roles/mariadb/readings.ts'
import { table, tableKind } from '../../roles/mariadb/table.ts'
import { MariadbServer, mariadbInstalled } from './collector-support/mariadb-server.ts'

if (!mariadbInstalled) console.warn('SKIPPED: what a reading takes in MariaDB: there is no mariadbd here')

const places = 4
const note = 'cellar'

/** The next readings of all places, a second later each, as rows of an INSERT. */
function rowsFrom(first: number, count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const row = first + index
    const at = new Date(Date.UTC(2026, 0, 1) + Math.floor(row / places) * 1000 + ((row * 7919) % 900))
    return `('producer${row % places}', '${at.toISOString().slice(0, 23).replace('T', ' ')}', '${note}', ${40 + ((row * 31) % 1000) / 1000})`
  }).join(',')
}

describe.skipIf(!mariadbInstalled)('what MariaDB takes of the card', () => {
  test('a reading takes what the budget says', async () => {
    const server = await MariadbServer.create(['--skip-log-bin', '--innodb-log-file-size=16M'])
    try {
      const { spec } = table('temperature', 'reading', readings)
      for (const step of tableKind.change(spec, undefined, []))
        if ('run' in step) {
          const text = step.run.replaceAll('/run/mysqld/mysqld.sock', `${server.directory}/sock`)
          expect(spawnSync('bash', ['-c', `step() { :\n${text}\n}; step`]).status).toBe(0)
        }
      const file = () => statSync(`${server.directory}/data/temperature/reading.ibd`).size
      const insert = async (from: number, to: number) => {
        for (let row = from; row < to; row += 1000) await server.query(`INSERT INTO temperature.reading VALUES ${rowsFrom(row, 1000)}`)
      }
      await insert(0, 100_000)
      const before = file()
      await insert(100_000, 400_000)
      const seen = (file() - before) / 300_000
      const planned = bytesBesideTexts + 'producer0'.length + note.length
      console.log(`${seen.toFixed(1)} bytes a reading, ${planned} planned`)
      // Never less than it is, and not half as much again.
      expect(planned).toBeGreaterThanOrEqual(seen)
      expect(planned).toBeLessThan(seen * 1.5)
    } finally {
      await server.destroy()
    }
  })
})
