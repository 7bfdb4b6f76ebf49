import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import { verifySet } from '../../engine/backup/index.ts'
import { resticDepot } from '../../engine/backup/restic-depot.ts'
import { sumOf } from '../../engine/kept.ts'

const installed = spawnSync('restic', ['version'], { stdio: 'ignore' }).status === 0
if (!installed) console.warn('SKIPPED: backups in a repository of restic: there is no restic here (apt-get install restic)')

describe.skipIf(!installed)('a repository of restic', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'restic-'))
  const repository = join(folder, 'repository')
  const depot = resticDepot(repository, () => 'secret')
  const content = randomBytes(2_000_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is made when it is first written to, and gives back what it took', async () => {
    expect(await depot.sets()).toEqual([])
    await depot.put('20260101T000000Z', 'a.b.c', Readable.from([content]))
    await depot.put('20260101T000000Z', 'backup.json', Readable.from([Buffer.from('{}')]))
    expect(await depot.sets()).toEqual([{ id: '20260101T000000Z', files: ['a.b.c', 'backup.json'] }])
    expect((await buffer(await depot.stored('20260101T000000Z', 'a.b.c'))).equals(content)).toBe(true)
  })

  test('has nothing of a part that broke off', async () => {
    const breaks = Readable.from(
      (async function* () {
        yield content
        throw new Error('broken off')
      })(),
    )
    await expect(depot.put('20260102T000000Z', 'a.b.c', breaks)).rejects.toThrow('broken off')
    expect((await depot.sets()).map(({ id }) => id)).toEqual(['20260101T000000Z'])
  })

  test('that is damaged is found by reading all of it', async () => {
    const at = join(folder, 'damaged')
    const other = resticDepot(at, () => 'secret')
    const stored = await other.put('20260103T000000Z', 'a.b.c', Readable.from([content]))
    const piece = {
      host: 'a',
      role: 'b',
      name: 'c',
      taken: '',
      bytes: content.length,
      figures: {},
      sum: sumOf(content),
      file: 'a.b.c',
      ...stored,
    }
    const set = { id: '20260103T000000Z', fleet: 'home', roles: ['b'], pieces: [piece], lacks: [] }
    const damage = () => verifySet(other, set, async () => undefined)
    expect(await damage()).toEqual([])
    const packs = readdirSync(join(at, 'data'), { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    const [largest = ''] = packs.map(entry => join(entry.parentPath, entry.name)).sort((a, b) => statSync(b).size - statSync(a).size)
    const bytes = readFileSync(largest)
    chmodSync(largest, 0o600)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    writeFileSync(largest, bytes)
    expect(await damage()).toMatchObject([{ piece: { file: 'a.b.c' } }])
    rmSync(largest)
    expect(await damage()).toMatchObject([{ why: expect.stringContaining('restic') as string }])
  })

  test('that another password opens says so', async () => {
    await expect(resticDepot(repository, () => 'another').sets()).rejects.toThrow(/restic: .*password/)
  })

  test('loses a backup that is removed', async () => {
    const other = resticDepot(join(folder, 'other'), () => 'secret')
    for (const id of ['20260101T000000Z', '20260102T000000Z']) await other.put(id, 'backup.json', Readable.from([Buffer.from(id)]))
    await other.remove('20260101T000000Z')
    expect((await other.sets()).map(({ id }) => id)).toEqual(['20260102T000000Z'])
  })
})
