import { afterAll, beforeAll, expect, it } from 'vitest'
import { able, minutes } from './engine-support.ts'
import { proofs } from './proof.ts'
import { ScenarioLab } from './scenario-support.ts'

const [first = 1, last = 50] = (process.env['SEEDS'] ?? '1-50').split('-').map(Number)
const length = process.env['SEED_MINUTES'] ?? '2'
/** Minutes after which no other seed is begun. */
const limit = Number(process.env['SEED_LIMIT'] ?? Infinity)
const inventory = process.env['SEED_FLEET'] ?? 'scenario-kafka.yaml'

proofs('scenarios by chance', { timeout: 15 * minutes, able }, () => {
  const place = new ScenarioLab()
  const hits = new Map<string, number>()
  const verdicts = new Map<string, number>()
  const more = (map: Map<string, number>, key: string): void => void map.set(key, (map.get(key) ?? 0) + 1)
  const listed = (map: ReadonlyMap<string, number>): string => [...map].map(([key, times]) => `${key} ${times}`).join(', ')
  let readings = 0
  let wrong = 0
  let began = 0
  beforeAll(async () => {
    await place.begin(inventory)
    began = Date.now()
  }, 20 * minutes)
  afterAll(async () => {
    const ran = [...verdicts.values()].reduce((sum, times) => sum + times, 0)
    console.info(`${ran} of ${last - first + 1} seeds ran: ${listed(verdicts)}; ${readings} readings, ${wrong} lost or doubled`)
    console.info(`hit: ${listed(hits)}`)
    await place.end()
  }, minutes)

  for (let seed = first; seed <= last; seed++)
    it(`seed ${seed}: no reading is lost or doubled`, async ({ skip }) => {
      skip(Date.now() - began > limit * minutes, 'the time is over')
      const { told, said } = await place.run([], '--random', '--seed', String(seed), '--minutes', length)
      const [one] = told
      for (const { as = 'named' } of one?.hits ?? []) more(hits, as)
      more(verdicts, one?.verdict ?? 'none')
      readings += one?.readings ?? 0
      wrong += (one?.lost.length ?? 0) + (one?.doubled.length ?? 0)
      console.info(`seed ${seed}: ${one?.verdict}: ${one?.reasons.join('; ')} (${one?.seconds.toFixed(0)} s)`)
      expect(one?.lost, said).toEqual([])
      expect(one?.doubled, said).toEqual([])
      // A machine that is too busy to measure by is no reading that is lost.
      expect(one?.verdict, said).not.toBe('fail')
    })
})
