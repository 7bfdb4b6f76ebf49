import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BackupSet } from '../../engine/backup/index.ts'
import { opensCopy } from '../../roles/mariadb/backup/copy.ts'
import { mariadbInstalled, type MariadbServer } from './collector-support/mariadb-server.ts'
import { MariadbBackups } from './mariadb-backup-support.ts'

const able = mariadbInstalled && spawnSync('mariadb-backup', ['--version'], { stdio: 'ignore' }).status === 0
if (!able) console.warn('SKIPPED: copies of the files of a real MariaDB: there is no mariadb-backup here (apt-get install mariadb-backup)')

describe.skipIf(!able)('a backup of a MariaDB that is too large for a dump', { timeout: 120_000 }, () => {
  let place: MariadbBackups
  let opened: string
  let set: BackupSet
  const sums = async (of: MariadbServer) => [
    await of.query("SELECT COUNT(*) AS n, SUM(reading_value) AS s FROM temperature.reading WHERE reading_location <> 'meanwhile'"),
    await of.query('CHECKSUM TABLE other.notes, other.old'),
  ]

  beforeAll(async () => {
    place = await MariadbBackups.make({ copyFrom: 1 << 20 }, 59_000, [
      'CREATE DATABASE other',
      'CREATE TABLE other.`notes` (id INT PRIMARY KEY, picture BLOB)',
      'INSERT INTO other.notes VALUES (1, 0x00270A5C), (2, NULL)',
      'CREATE TABLE other.`old` (id INT PRIMARY KEY) ENGINE=MyISAM',
      'INSERT INTO other.old VALUES (3)',
    ])
    opened = join(place.card, 'provision/mariadb-copy')
  }, 180_000)
  afterAll(() => place?.destroy())

  test('is a copy of its files, taken while others write, and read back by their sums', async () => {
    let [going, written] = [true, 0]
    const writer = (async () => {
      for (; going; written++)
        await place.server.query(`INSERT INTO temperature.reading VALUES ('meanwhile', '2026-03-01' + INTERVAL ${written} SECOND, '', 1)`)
    })()
    set = await place.taken(true)
    going = false
    await writer
    expect(written).toBeGreaterThan(0)
    expect(set.lacks).toEqual([])
    const figures = set.pieces.find(({ name }) => name === 'rows')?.figures ?? {}
    expect(Object.keys(figures)).toEqual(['other.notes bytes', 'other.old bytes', 'temperature.reading bytes'])
    expect(figures['temperature.reading bytes']).toBeGreaterThan(3_000_000)
    expect(await place.damage(set)).toEqual([])
  })

  test('comes back on an empty server, twice as once, and nothing of it stays on the card', async () => {
    const before = await sums(place.server)
    const written = await place.server.query("SELECT COUNT(*) AS n FROM temperature.reading WHERE reading_location = 'meanwhile'")
    place.at = place.spare
    await place.restored(set)
    expect(await sums(place.spare)).toEqual(before)
    await place.spare.query("INSERT INTO temperature.reading VALUES ('later', '2026-02-01', '', 1)")
    await place.spare.query("DELETE FROM temperature.reading WHERE reading_location = 'Küche1'")
    await place.restored(set)
    expect(await place.spare.query("SELECT COUNT(*) AS n FROM temperature.reading WHERE reading_location = 'later'")).toEqual([{ n: 1 }])
    await place.spare.query("DELETE FROM temperature.reading WHERE reading_location = 'later'")
    expect(await sums(place.spare)).toEqual(before)
    // It has those of one moment; what came after it is on the server that it was taken from.
    const [copied, all] = [
      await place.spare.query<{ n: number }>('SELECT COUNT(*) AS n FROM temperature.reading'),
      written as { n: number }[],
    ]
    expect((copied[0]?.n ?? NaN) - 59_000).toBeLessThanOrEqual(all[0]?.n ?? NaN)
    expect(existsSync(opened)).toBe(false)
  })

  test('is opened again after a run that was killed there: its server is ended', async () => {
    place.at = place.spare
    const before = await sums(place.server)
    const piece = set.pieces.find(({ name }) => name === 'rows')
    if (!piece) throw new Error('there are no rows')
    const stream = await place.depot.opened(await place.depot.stored(set.id, piece.file))
    const text = opensCopy(piece.bytes).replaceAll('/var/lib/provision', join(place.card, 'provision'))
    // Stands still once rows come: nobody takes them. It holds the host, as a run does.
    const lock = join(place.folder, 'lock')
    const run = spawn('bash', ['--norc', '-c', `exec 9>>${lock}; flock -n 9; set -o pipefail\n${text}`], { stdio: 'pipe' })
    stream.pipe(run.stdin)
    const until = Date.now() + 60_000
    while (!existsSync(join(opened, 'pid')) && Date.now() < until) await new Promise(done => setTimeout(done, 100))
    const server1 = Number(readFileSync(join(opened, 'pid'), 'utf8'))
    const free = () => spawnSync('flock', ['-n', lock, 'true']).status === 0
    expect(free()).toBe(false)
    run.kill('SIGKILL')
    run.stdout.destroy()
    await expect.poll(free, { timeout: 20_000 }).toBe(true)
    expect(existsSync(`/proc/${server1}`)).toBe(true)
    // As it is before the server has written it.
    rmSync(join(opened, 'pid'))
    await place.restored(set)
    expect(existsSync(`/proc/${server1}`)).toBe(false)
    expect(existsSync(opened)).toBe(false)
    expect(await sums(place.spare)).toEqual(before)
  })

  test('that the card has no room for changes nothing, and says how much it takes', async () => {
    place.at = place.spare
    const large = { ...set, pieces: set.pieces.map(piece => (piece.name === 'rows' ? { ...piece, bytes: 10 ** 15 } : piece)) }
    await expect(place.restored(large)).rejects.toThrow(/it needs 2000000000000000 bytes on the card for a while, and there are \d+/)
    expect(existsSync(opened)).toBe(false)
  })

  test.each(['the middle', 'the end'] as const)('that is damaged at %s is found', async where => {
    expect(await place.damageOf(set, where)).toEqual(['rows'])
  })

  test('of a server that dies in the middle is not called whole', async () => {
    place.at = place.server
    const half = await place.taken(false, place.context({ '|| exit 1\nelse': '| head -c 3000000\nelse' }))
    expect(half.lacks).toEqual([{ host: 'mysql', role: 'mariadb', why: expect.stringMatching(/rows/) }])
  })
})
