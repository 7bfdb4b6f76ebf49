import { afterAll, beforeAll, expect, it } from 'vitest'
import { able, minutes } from './engine-support.ts'
import { proofs } from './proof.ts'
import { scenarioFile, ScenarioLab } from './scenario-support.ts'

/** What is run on which fleet. */
const fleets = {
  'scenario.yaml': [
    'mariadb-away',
    'producers-split',
    'producers-bad-network',
    'mariadb-card-full',
    'mariadb-card-read-only',
    'mariadb-card-dead',
    'house-power',
  ],
  'scenario-kafka.yaml': ['kafka-leader', 'kafka-majority', 'kafka-split'],
} as const

for (const [inventory, names] of Object.entries(fleets))
  proofs(`the scenarios of ${inventory}`, { timeout: 15 * minutes, able }, () => {
    const place = new ScenarioLab()
    beforeAll(() => place.begin(inventory), 20 * minutes)
    afterAll(() => place.end(), minutes)

    for (const name of names)
      it(name, async () => {
        const { code, told, said } = await place.run([scenarioFile(name)])
        const [one] = told
        console.info(`${name}: ${one?.verdict}: ${one?.reasons.join('; ')} (${one?.seconds.toFixed(0)} s)`)
        expect(one?.verdict, said).toBe('pass')
        expect(code).toBe(0)
      })
  })
