import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { foundSets, type BackupContext, type BackupSet } from '../../engine/backup/index.ts'
import { mariadbInstalled, type MariadbServer } from './collector-support/mariadb-server.ts'
import { MariadbBackups } from './mariadb-backup-support.ts'

if (!mariadbInstalled) console.warn('SKIPPED: backups of a real MariaDB: there is no mariadbd here (apt-get install mariadb-server)')

describe.skipIf(!mariadbInstalled)('a backup of MariaDB', { timeout: 60_000 }, () => {
  let place: MariadbBackups
  let set: BackupSet
  const sums = async (of: MariadbServer) => [
    await of.query('CHECKSUM TABLE temperature.reading, other.notes'),
    await of.query('SELECT COUNT(*) AS rows_there, MIN(reading_date), MAX(reading_date) FROM temperature.reading'),
  ]

  beforeAll(async () => {
    place = await MariadbBackups.make({}, 49_000, [
      'CREATE DATABASE other',
      'CREATE TABLE other.`notes` (id INT PRIMARY KEY, picture BLOB)',
      'INSERT INTO other.notes VALUES (1, 0x00270A5C), (2, NULL)',
      'CREATE VIEW temperature.warm AS SELECT * FROM temperature.reading WHERE reading_value > 3 WITH CASCADED CHECK OPTION',
      'CREATE PROCEDURE other.nothing() SELECT 1',
    ])
  }, 180_000)
  afterAll(() => place?.destroy())

  test('has every row by count, can be read back, and lies encrypted', async () => {
    set = await place.taken(true)
    expect(set.lacks).toEqual([])
    expect(set.pieces.find(({ name }) => name === 'rows')?.figures).toEqual({ 'temperature.reading rows': 49_000, 'other.notes rows': 2 })
    expect(set.pieces.find(({ name }) => name === 'tables')?.figures).toEqual({ tables: 2 })
    expect(await foundSets(place.depot)).toEqual([{ id: set.id, set }])
    expect(await place.damage(set)).toEqual([])
    for (const file of readdirSync(join(place.folder, 'backups', set.id)))
      expect(
        readFileSync(join(place.folder, 'backups', set.id, file))
          .subarray(0, 21)
          .toString(),
      ).toBe('age-encryption.org/v1')
    expect(Number(readFileSync(join(place.card, 'provision/backup/mariadb'), 'utf8'))).toBeGreaterThan(1_700_000_000)
  })

  test('comes back on an empty server with equal checksums, and keeps what came meanwhile', async () => {
    const before = await sums(place.server)
    place.at = place.spare
    await place.restored(set)
    expect(await sums(place.spare)).toEqual(before)
    expect(existsSync(join(place.card, 'provision/restoring'))).toBe(false)
    expect(await place.spare.query("SELECT table_name AS v FROM information_schema.views WHERE table_schema = 'temperature'")).toEqual([
      { v: 'warm' },
    ])
    await place.spare.query("INSERT INTO temperature.reading VALUES ('later', '2026-02-01', '', 1)")
    await place.spare.query("DELETE FROM temperature.reading WHERE reading_location = 'Küche1'")
    await place.restored(set)
    expect(await place.spare.query("SELECT COUNT(*) AS n FROM temperature.reading WHERE reading_location = 'later'")).toEqual([{ n: 1 }])
    await place.spare.query("DELETE FROM temperature.reading WHERE reading_location = 'later'")
    expect(await sums(place.spare)).toEqual(before)
  })

  test('a table without a key is not filled twice: it says so', async () => {
    place.at = place.spare
    await place.spare.query('CREATE TABLE other.loose (a INT)')
    await place.spare.query('INSERT INTO other.loose VALUES (1)')
    await expect(place.restored(set)).rejects.toThrow(/without a key would be there twice.*`other`\.`loose`/)
    await place.spare.query('DROP TABLE other.loose')
  })

  test.each([
    ['before anybody hears that all is done', '/over && sync'],
    ['while the marks go', '-delete; rm -f'],
  ])('put back by a run that was cut %s is put back anew by the next one', async (_, text) => {
    place.at = place.spare
    const before = await sums(place.server)
    await place.restored(set)
    const context = place.context()
    const cut: BackupContext = {
      ...context,
      open: async host => {
        const session = await context.open(host)
        const really = session.run
        const run: typeof really = (script, options) => (script.includes(text) ? Promise.reject(new Error('cut')) : really(script, options))
        return Object.assign(session, { run })
      },
    }
    await expect(place.restored(set, cut)).rejects.toThrow('cut')
    expect(existsSync(join(place.card, 'provision/restoring'))).toBe(true)
    await place.spare.query("DELETE FROM temperature.reading WHERE reading_location = 'Küche1'")
    await place.restored(set)
    expect(await sums(place.spare)).toEqual(before)
    expect(existsSync(join(place.card, 'provision/restoring'))).toBe(false)
  })

  test.each(['the middle', 'the end'] as const)('that is damaged at %s is found', async where => {
    expect(await place.damageOf(set, where)).toEqual(['rows'])
  })

  test('of a server that dies in the middle is not called whole', async () => {
    place.at = place.server
    const dies = place.context({ '"${names[@]}"': '"${names[@]}" | head -c 100000' })
    const half = await place.taken(false, dies)
    expect(half.lacks).toEqual([{ host: 'mysql', role: 'mariadb', why: expect.stringMatching(/rows/) }])
    expect((await foundSets(place.depot)).map(({ set: found }) => found?.lacks.length)).toEqual([0, 1])
  })
})
