import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  folderDepot,
  foundSets,
  keepersOf,
  restorePlans,
  restoreSet,
  takeBackup,
  verifySet,
  type BackupContext,
  type BackupSet,
} from '../../engine/backup/index.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import mariadb from '../../roles/mariadb/index.ts'
import { rootLoginFile } from '../../roles/mariadb/sql.ts'
import { localSession } from './backup-support.ts'
import { MariadbServer, mariadbInstalled } from './collector-support/mariadb-server.ts'

if (!mariadbInstalled) console.warn('SKIPPED: backups of a real MariaDB: there is no mariadbd here (apt-get install mariadb-server)')

describe.skipIf(!mariadbInstalled)('a backup of MariaDB', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'mariadb-backup-'))
  const inventory = join(folder, 'pi.yaml')
  const env = { FLEET_IDENTITY: join(folder, 'identity') }
  const depot = folderDepot(join(folder, 'backups'), { inventory, env })
  const host = { name: 'mysql', address: '127.0.0.1', roles: ['mariadb'], vars: {} } as unknown as Host
  const fleet = { name: 'home', file: inventory, hosts: [host] } as unknown as Fleet
  let server: MariadbServer
  let spare: MariadbServer
  let at: MariadbServer
  const says: string[] = []
  const context: BackupContext = {
    fleet,
    roles: { mariadb },
    depot,
    figures: join(folder, 'figures'),
    owner: 'a test',
    open: async () =>
      localSession(join(folder, 'card'), { '/run/mysqld/mysqld.sock': `${at.directory}/sock`, [rootLoginFile]: join(folder, 'none') }),
    on: event => void says.push(event.event),
  }
  const reader = async () => (await mariadb.backup?.())?.reader('rows')
  const sums = async (of: MariadbServer) => [
    await of.query('CHECKSUM TABLE temperature.reading, other.notes'),
    await of.query('SELECT COUNT(*) AS rows_there, MIN(reading_date), MAX(reading_date) FROM temperature.reading'),
  ]
  const restored = async (set: BackupSet) => restoreSet(context, set, restorePlans(set, await keepersOf(context)))
  let set: BackupSet

  beforeAll(async () => {
    writeFileSync(inventory, 'fleet: home\n')
    ;[server, spare] = await Promise.all([MariadbServer.create(), MariadbServer.create()])
    at = server
    await server.query('CREATE DATABASE temperature CHARACTER SET utf8mb4')
    await server.query(
      `CREATE TABLE temperature.reading (reading_location VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
       reading_date DATETIME(6) NOT NULL, reading_note VARCHAR(255) NOT NULL, reading_value DOUBLE NOT NULL, PRIMARY KEY (reading_location, reading_date))`,
    )
    await server.query(
      `INSERT INTO temperature.reading SELECT CONCAT('Küche', seq % 3), '2026-01-01' + INTERVAL seq * 1.000001 SECOND, CONCAT('a\\n(''', seq), seq / 7
       FROM (WITH RECURSIVE n AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < 1000)
       SELECT a.seq + 1000 * b.seq AS seq FROM n a JOIN n b WHERE b.seq < 50) AS s`,
    )
    await server.query('CREATE DATABASE other')
    await server.query('CREATE TABLE other.`notes` (id INT PRIMARY KEY, picture BLOB)')
    await server.query('INSERT INTO other.notes VALUES (1, 0x00270A5C), (2, NULL)')
    await server.query(
      'CREATE VIEW temperature.warm AS SELECT * FROM temperature.reading WHERE reading_value > 3 WITH CASCADED CHECK OPTION',
    )
    await server.query('CREATE PROCEDURE other.nothing() SELECT 1')
  }, 180_000)
  afterAll(async () => {
    await Promise.all([server?.destroy(), spare?.destroy()])
    rmSync(folder, { recursive: true, force: true })
  })

  test('has every row by count, can be read back, and lies encrypted', async () => {
    set = await takeBackup(context, { keepers: await keepersOf(context), controller: true })
    expect(set.lacks).toEqual([])
    expect(set.pieces.find(({ name }) => name === 'rows')?.figures).toEqual({ 'temperature.reading rows': 49_000, 'other.notes rows': 2 })
    expect(set.pieces.find(({ name }) => name === 'tables')?.figures).toEqual({ tables: 2 })
    expect(await foundSets(depot)).toEqual([{ id: set.id, set }])
    expect(await verifySet(depot, set, async role => (role === 'mariadb' ? reader() : undefined))).toEqual([])
    for (const file of readdirSync(join(folder, 'backups', set.id)))
      expect(
        readFileSync(join(folder, 'backups', set.id, file))
          .subarray(0, 21)
          .toString(),
      ).toBe('age-encryption.org/v1')
    expect(Number(readFileSync(join(folder, 'card/provision/backup/mariadb'), 'utf8'))).toBeGreaterThan(1_700_000_000)
  })

  test('comes back on an empty server with equal checksums, and keeps what came meanwhile', async () => {
    const before = await sums(server)
    at = spare
    await restored(set)
    expect(await sums(spare)).toEqual(before)
    expect(existsSync(join(folder, 'card/provision/restoring'))).toBe(false)
    expect(await spare.query("SELECT table_name AS v FROM information_schema.views WHERE table_schema = 'temperature'")).toEqual([
      { v: 'warm' },
    ])
    await spare.query("INSERT INTO temperature.reading VALUES ('later', '2026-02-01', '', 1)")
    await spare.query("DELETE FROM temperature.reading WHERE reading_location = 'Küche1'")
    await restored(set)
    expect(await spare.query("SELECT COUNT(*) AS n FROM temperature.reading WHERE reading_location = 'later'")).toEqual([{ n: 1 }])
    await spare.query("DELETE FROM temperature.reading WHERE reading_location = 'later'")
    expect(await sums(spare)).toEqual(before)
  })

  test('a table without a key is not filled twice: it says so', async () => {
    at = spare
    await spare.query('CREATE TABLE other.loose (a INT)')
    await spare.query('INSERT INTO other.loose VALUES (1)')
    await expect(restored(set)).rejects.toThrow(/without a key would be there twice.*`other`\.`loose`/)
    await spare.query('DROP TABLE other.loose')
  })

  test.each([
    ['before anybody hears that all is done', '/over && sync'],
    ['while the marks go', '-delete; rm -f'],
  ])('put back by a run that was cut %s is put back anew by the next one', async (_, text) => {
    at = spare
    const before = await sums(server)
    await restored(set)
    const cut: BackupContext = {
      ...context,
      open: async host => {
        const session = await context.open(host)
        const really = session.run
        const run: typeof really = (script, options) => (script.includes(text) ? Promise.reject(new Error('cut')) : really(script, options))
        return Object.assign(session, { run })
      },
    }
    await expect(restoreSet(cut, set, restorePlans(set, await keepersOf(context)))).rejects.toThrow('cut')
    expect(existsSync(join(folder, 'card/provision/restoring'))).toBe(true)
    await spare.query("DELETE FROM temperature.reading WHERE reading_location = 'Küche1'")
    await restored(set)
    expect(await sums(spare)).toEqual(before)
    expect(existsSync(join(folder, 'card/provision/restoring'))).toBe(false)
  })

  test.each(['the middle', 'the end'])('that is damaged at %s is found', async where => {
    const file = join(folder, 'backups', set.id, 'mysql.mariadb.rows.age')
    const bytes = readFileSync(file)
    const bad = Buffer.from(bytes)
    if (where === 'the middle') bad[bad.length >> 1] = (bad[bad.length >> 1] ?? 0) ^ 1
    writeFileSync(file, where === 'the end' ? bytes.subarray(0, -1) : bad)
    const damage = await verifySet(depot, set, async role => (role === 'mariadb' ? reader() : undefined))
    expect(damage.map(({ piece }) => piece.name)).toEqual(['rows'])
    writeFileSync(file, bytes)
  })

  test('of a server that dies in the middle is not called whole', async () => {
    at = server
    const dies: BackupContext = {
      ...context,
      open: async () =>
        localSession(join(folder, 'card'), {
          '/run/mysqld/mysqld.sock': `${server.directory}/sock`,
          [rootLoginFile]: join(folder, 'none'),
          '"${names[@]}"': '"${names[@]}" | head -c 100000',
        }),
    }
    const half = await takeBackup(dies, { keepers: await keepersOf(dies), controller: false })
    expect(half.lacks).toEqual([{ host: 'mysql', role: 'mariadb', why: expect.stringMatching(/rows/) }])
    expect((await foundSets(depot)).map(({ set: found }) => found?.lacks.length)).toEqual([0, 1])
  })
})
