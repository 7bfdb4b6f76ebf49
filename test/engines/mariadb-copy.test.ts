import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  folderDepot,
  keepersOf,
  restorePlans,
  restoreSet,
  takeBackup,
  verifySet,
  type BackupContext,
  type BackupSet,
} from '../../engine/backup/index.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { opensCopy } from '../../roles/mariadb/backup/copy.ts'
import mariadb from '../../roles/mariadb/index.ts'
import { rootLoginFile } from '../../roles/mariadb/sql.ts'
import { localSession } from './backup-support.ts'
import { MariadbServer, mariadbInstalled } from './collector-support/mariadb-server.ts'

const able = mariadbInstalled && spawnSync('mariadb-backup', ['--version'], { stdio: 'ignore' }).status === 0
if (!able) console.warn('SKIPPED: copies of the files of a real MariaDB: there is no mariadb-backup here (apt-get install mariadb-backup)')

describe.skipIf(!able)('a backup of a MariaDB that is too large for a dump', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'mariadb-copy-'))
  const card = join(folder, 'card')
  const opened = join(card, 'provision/mariadb-copy')
  const inventory = join(folder, 'pi.yaml')
  const depot = folderDepot(join(folder, 'backups'), { inventory, env: { FLEET_IDENTITY: join(folder, 'identity') } })
  const host = { name: 'mysql', address: '127.0.0.1', roles: ['mariadb'], vars: { mariadb: { copyFrom: 1 << 20 } } } as unknown as Host
  const fleet = { name: 'home', file: inventory, hosts: [host] } as unknown as Fleet
  let server: MariadbServer
  let spare: MariadbServer
  let at: MariadbServer
  const context: BackupContext = {
    fleet,
    roles: { mariadb },
    depot,
    figures: join(folder, 'figures'),
    owner: 'a test',
    open: async () => localSession(card, { '/run/mysqld/mysqld.sock': `${at.directory}/sock`, [rootLoginFile]: join(folder, 'none') }),
    on: () => {},
  }
  const reader = async (role: string, part: string) => (role === 'mariadb' ? (await mariadb.backup?.())?.reader(part) : undefined)
  const restored = async (of: BackupSet) => restoreSet(context, of, restorePlans(of, await keepersOf(context)))
  const sums = async (of: MariadbServer) => [
    await of.query("SELECT COUNT(*) AS n, SUM(reading_value) AS s FROM temperature.reading WHERE reading_location <> 'meanwhile'"),
    await of.query('CHECKSUM TABLE other.notes, other.old'),
  ]
  let set: BackupSet

  beforeAll(async () => {
    writeFileSync(inventory, 'fleet: home\n')
    ;[server, spare] = await Promise.all([MariadbServer.create(), MariadbServer.create()])
    at = server
    for (const statement of [
      'CREATE DATABASE temperature CHARACTER SET utf8mb4',
      `CREATE TABLE temperature.reading (reading_location VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
       reading_date DATETIME(6) NOT NULL, reading_note VARCHAR(255) NOT NULL, reading_value DOUBLE NOT NULL, PRIMARY KEY (reading_location, reading_date))`,
      `INSERT INTO temperature.reading SELECT CONCAT('Küche', seq % 3), '2026-01-01' + INTERVAL seq * 1.000001 SECOND, CONCAT('a\\n(''', seq), seq / 7
       FROM (WITH RECURSIVE n AS (SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM n WHERE seq < 1000)
       SELECT a.seq + 1000 * b.seq AS seq FROM n a JOIN n b WHERE b.seq < 60) AS s`,
      'CREATE DATABASE other',
      'CREATE TABLE other.`notes` (id INT PRIMARY KEY, picture BLOB)',
      'INSERT INTO other.notes VALUES (1, 0x00270A5C), (2, NULL)',
      'CREATE TABLE other.`old` (id INT PRIMARY KEY) ENGINE=MyISAM',
      'INSERT INTO other.old VALUES (3)',
    ])
      await server.query(statement)
  }, 180_000)
  afterAll(async () => {
    await Promise.all([server?.destroy(), spare?.destroy()])
    rmSync(folder, { recursive: true, force: true })
  })

  test('is a copy of its files, taken while others write, and read back by their sums', async () => {
    let [going, written] = [true, 0]
    const writer = (async () => {
      for (; going; written++)
        await server.query(`INSERT INTO temperature.reading VALUES ('meanwhile', '2026-03-01' + INTERVAL ${written} SECOND, '', 1)`)
    })()
    set = await takeBackup(context, { keepers: await keepersOf(context), controller: true })
    going = false
    await writer
    expect(written).toBeGreaterThan(0)
    expect(set.lacks).toEqual([])
    const figures = set.pieces.find(({ name }) => name === 'rows')?.figures ?? {}
    expect(Object.keys(figures)).toEqual(['other.notes bytes', 'other.old bytes', 'temperature.reading bytes'])
    expect(figures['temperature.reading bytes']).toBeGreaterThan(3_000_000)
    expect(await verifySet(depot, set, reader)).toEqual([])
  })

  test('comes back on an empty server, twice as once, and nothing of it stays on the card', async () => {
    const before = await sums(server)
    const written = await server.query("SELECT COUNT(*) AS n FROM temperature.reading WHERE reading_location = 'meanwhile'")
    at = spare
    await restored(set)
    expect(await sums(spare)).toEqual(before)
    await spare.query("INSERT INTO temperature.reading VALUES ('later', '2026-02-01', '', 1)")
    await spare.query("DELETE FROM temperature.reading WHERE reading_location = 'Küche1'")
    await restored(set)
    expect(await spare.query("SELECT COUNT(*) AS n FROM temperature.reading WHERE reading_location = 'later'")).toEqual([{ n: 1 }])
    await spare.query("DELETE FROM temperature.reading WHERE reading_location = 'later'")
    expect(await sums(spare)).toEqual(before)
    // It has those of one moment; what came after it is on the server that it was taken from.
    const [copied, all] = [await spare.query<{ n: number }>('SELECT COUNT(*) AS n FROM temperature.reading'), written as { n: number }[]]
    expect((copied[0]?.n ?? NaN) - 59_000).toBeLessThanOrEqual(all[0]?.n ?? NaN)
    expect(existsSync(opened)).toBe(false)
  })

  test('is opened again after a run that was killed there: its server is ended', async () => {
    at = spare
    const before = await sums(server)
    const piece = set.pieces.find(({ name }) => name === 'rows')
    if (!piece) throw new Error('there are no rows')
    const stream = await depot.opened(await depot.stored(set.id, piece.file))
    const text = opensCopy(piece.bytes).replaceAll('/var/lib/provision', join(card, 'provision'))
    // Stands still once rows come: nobody takes them.
    const run = spawn('bash', ['--norc', '-c', `set -o pipefail\n${text}`], { stdio: 'pipe' })
    stream.pipe(run.stdin)
    const until = Date.now() + 60_000
    while (!existsSync(join(opened, 'pid')) && Date.now() < until) await new Promise(done => setTimeout(done, 100))
    const server1 = Number(readFileSync(join(opened, 'pid'), 'utf8'))
    run.kill('SIGKILL')
    expect(existsSync(`/proc/${server1}`)).toBe(true)
    await restored(set)
    expect(existsSync(`/proc/${server1}`)).toBe(false)
    expect(existsSync(opened)).toBe(false)
    expect(await sums(spare)).toEqual(before)
  })

  test('that the card has no room for changes nothing, and says how much it takes', async () => {
    at = spare
    const large = { ...set, pieces: set.pieces.map(piece => (piece.name === 'rows' ? { ...piece, bytes: 10 ** 15 } : piece)) }
    await expect(restored(large)).rejects.toThrow(/it needs 2000000000000000 bytes on the card for a while, and there are \d+/)
    expect(existsSync(opened)).toBe(false)
  })

  test.each(['the middle', 'the end'])('that is damaged at %s is found', async where => {
    const file = join(folder, 'backups', set.id, 'mysql.mariadb.rows.age')
    const bytes = readFileSync(file)
    const bad = Buffer.from(bytes)
    if (where === 'the middle') bad[bad.length >> 1] = (bad[bad.length >> 1] ?? 0) ^ 1
    writeFileSync(file, where === 'the end' ? bytes.subarray(0, -1) : bad)
    expect((await verifySet(depot, set, reader)).map(({ piece }) => piece.name)).toEqual(['rows'])
    writeFileSync(file, bytes)
  })

  test('of a server that dies in the middle is not called whole', async () => {
    at = server
    const dies: BackupContext = {
      ...context,
      open: async () =>
        localSession(card, {
          '/run/mysqld/mysqld.sock': `${server.directory}/sock`,
          [rootLoginFile]: join(folder, 'none'),
          '|| exit 1\nelse': '| head -c 3000000\nelse',
        }),
    }
    const half = await takeBackup(dies, { keepers: await keepersOf(dies), controller: false })
    expect(half.lacks).toEqual([{ host: 'mysql', role: 'mariadb', why: expect.stringMatching(/rows/) }])
  })
})
