import { afterAll, beforeAll, expect, it } from 'vitest'
import { able, minutes } from './engine-support.ts'
import { proofs } from './proof.ts'
import { ScenarioLab } from './scenario-support.ts'

const [first = 1, last = 50] = (process.env['SEEDS'] ?? '1-50').split('-').map(Number)
const length = process.env['SEED_MINUTES'] ?? '2'
const inventory = process.env['SEED_FLEET'] ?? 'scenario-kafka.yaml'

proofs('scenarios by chance', { timeout: 15 * minutes, able }, () => {
  const place = new ScenarioLab()
  const hits = new Map<string, number>()
  beforeAll(() => place.begin(inventory), 20 * minutes)
  afterAll(async () => {
    console.info(`hit: ${[...hits].map(([as, times]) => `${as} ${times}`).join(', ')}`)
    await place.end()
  }, minutes)

  for (let seed = first; seed <= last; seed++)
    it(`seed ${seed}: no reading is lost or doubled`, async () => {
      const { told, said } = await place.run([], '--random', '--seed', String(seed), '--minutes', length)
      const [one] = told
      for (const { as = 'named' } of one?.hits ?? []) hits.set(as, (hits.get(as) ?? 0) + 1)
      console.info(`seed ${seed}: ${one?.verdict}: ${one?.reasons.join('; ')}`)
      // A machine that is too busy to measure by is no reading that is lost.
      expect(one?.lost, said).toEqual([])
      expect(one?.doubled, said).toEqual([])
      expect(one?.verdict, said).toBe('pass')
    })
})
