import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { down, readOwed, up } from '../../lab/index.ts'
import type { Told } from '../../lab/scenario/run.ts'
import { commandsFor, type Commands } from './commands.ts'
import { able, minutes } from './engine-support.ts'

/** Five faults of different kinds, none of which is injected. */
const disarmed = [
  '{ kind: kill, hosts: [mysql], unit: mariadb }',
  "{ kind: loss, hosts: ['collector:any'], percent: 25 }",
  '{ kind: pause, hosts: [mysql] }',
  "{ kind: partition, hosts: ['collector:all'], from: [mysql] }",
  '{ kind: fill-disk, hosts: [producer2] }',
]

describe.runIf(able)('scenarios', { timeout: 5 * minutes }, () => {
  let commands: Commands
  const folder = mkdtempSync(join(tmpdir(), 'fleet-scenarios-'))
  const page = join(folder, 'page.html')
  const run = async (files: readonly string[], ...words: string[]) => {
    const ended = await commands.run('lab', ['scenario', ...files, '--json', '--out', page, ...words])
    expect(ended.stderr).not.toMatch(/error:|defect/)
    return { code: ended.code, told: JSON.parse(ended.stdout) as Told[], said: ended.stderr }
  }
  beforeAll(async () => {
    commands = await commandsFor('scenario.yaml')
    await down(commands.fleet)
    await up(commands.fleet)
    const { code, stdout, stderr } = await commands.run('provision', [])
    expect(code, stdout + stderr).toBe(0)
  }, 10 * minutes)
  afterAll(async () => {
    if (!commands) return
    await down(commands.fleet)
    commands.remove()
    rmSync(folder, { recursive: true, force: true })
  }, minutes)

  it('of faults that are not injected prove nothing', async () => {
    const files = disarmed.map((fault, index) => {
      const file = join(folder, `disarmed${index}.yaml`)
      writeFileSync(file, `scenario: disarmed ${index}\nstore: mariadb\nsteps: [{ fault: ${fault}, for: 5 }]\n`)
      return file
    })
    const { code, told, said } = await run(files, '--disarmed')
    expect(
      told.map(({ verdict }) => verdict),
      said,
    ).toEqual(disarmed.map(() => 'inconclusive'))
    for (const { reasons } of told) expect(reasons.join()).toContain('took no effect')
    expect(code).toBe(3)
  })

  it('tell that no reading is lost when the database is away, each by its number', async () => {
    const { code, told, said } = await run([join(import.meta.dirname, '../../lab/scenarios/mariadb-away.yaml')])
    expect(code, said).toBe(0)
    const [one] = told
    expect(one).toMatchObject({ verdict: 'pass', lost: [], doubled: [], hits: [{ host: 'mysql', as: 'mariadb any' }] })
    expect(one?.readings).toBeGreaterThan(500)
    const html = readFileSync(page, 'utf8')
    expect(html).toContain('MariaDB is away during collection')
    expect(html).toMatch(/<polyline class="stored" points="[\d., ]{50,}"/)
    expect(await readOwed(commands.fleet.name)).toEqual([])
    console.info(one?.reasons.join())
  })
})
