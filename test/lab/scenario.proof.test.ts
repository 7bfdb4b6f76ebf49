import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readOwed } from '../../lab/index.ts'
import { able, minutes } from './engine-support.ts'
import { scenarioFile, ScenarioLab } from './scenario-support.ts'

/** Five faults of different kinds, none of which is injected. */
const disarmed = [
  '{ kind: kill, hosts: [mysql], unit: mariadb }',
  "{ kind: loss, hosts: ['collector:any'], percent: 25 }",
  '{ kind: pause, hosts: [mysql] }',
  "{ kind: partition, hosts: ['collector:all'], from: [mysql] }",
  '{ kind: fill-disk, hosts: [producer2] }',
]

describe.runIf(able)('scenarios', { timeout: 5 * minutes }, () => {
  const place = new ScenarioLab()
  beforeAll(() => place.begin('scenario.yaml'), 10 * minutes)
  afterAll(() => place.end(), minutes)

  it('of faults that are not injected prove nothing', async () => {
    const files = disarmed.map((fault, index) =>
      place.file(`disarmed${index}`, `scenario: disarmed ${index}\nstore: mariadb\nsteps: [{ fault: ${fault}, for: 5 }]\n`),
    )
    const { code, told, said } = await place.run(files, '--disarmed')
    expect(
      told.map(({ verdict }) => verdict),
      said,
    ).toEqual(disarmed.map(() => 'inconclusive'))
    for (const { reasons } of told) expect(reasons.join()).toContain('took no effect')
    expect(code).toBe(3)
  })

  it('tell that no reading is lost when the database is away, each by its number', async () => {
    const { code, told, said } = await place.run([scenarioFile('mariadb-away')])
    expect(code, said).toBe(0)
    const [one] = told
    expect(one).toMatchObject({ verdict: 'pass', lost: [], doubled: [], hits: [{ host: 'mysql', as: 'mariadb any' }] })
    expect(one?.readings).toBeGreaterThan(500)
    const html = readFileSync(place.page, 'utf8')
    expect(html).toContain('MariaDB is away during collection')
    expect(html).toMatch(/<polyline class="stored" points="[\d., ]{50,}"/)
    expect(await readOwed(place.commands.fleet.name)).toEqual([])
    console.info(one?.reasons.join())
  })
})
