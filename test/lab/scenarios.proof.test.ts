import { afterAll, beforeAll, expect, it } from 'vitest'
import { able, minutes } from './engine-support.ts'
import { proofs } from './proof.ts'
import { scenarioFile, ScenarioLab } from './scenario-support.ts'

interface Fleet {
  /** What is run on it. */
  readonly names: readonly string[]
  /** What is another in the inventory until all is provisioned for the first time: the scenario's own commands bring the rest. */
  readonly before?: readonly (readonly [text: string | RegExp, instead: string])[]
}

const fleets: Readonly<Record<string, Fleet>> = {
  'scenario.yaml': {
    names: [
      'mariadb-away',
      'producers-split',
      'producers-bad-network',
      'mariadb-card-full',
      'mariadb-card-read-only',
      'mariadb-card-dead',
      'house-power',
    ],
  },
  // The first broker alone becomes the cluster that the others break.
  'scenario-kafka.yaml': {
    names: ['kafka-grows', 'kafka-leader', 'kafka-majority', 'kafka-split', 'kafka-one-after-the-other'],
    before: [
      [/ groups: \[brokers\], vars: \{ kafka: \{ weight: [12] \} \} \}/g, ' model: rpi4-1g, lab: { cpu: 0.6 }, roles: [base] }'],
      ['roles: [base] }', 'roles: [base, kafka] }'],
    ],
  },
  'scenario-ring.yaml': { names: ['ring-split', 'ring-node-lost'] },
  'scenario-flink.yaml': { names: ['flink-jobmanager'] },
}

for (const [inventory, { names, before }] of Object.entries(fleets))
  proofs(`the scenarios of ${inventory}`, { timeout: 15 * minutes, able }, () => {
    const place = new ScenarioLab()
    beforeAll(() => place.begin(inventory, before), 20 * minutes)
    afterAll(() => place.end(), minutes)

    for (const name of names)
      it(name, async () => {
        const { verdict, code, said } = await place.verdictOf(scenarioFile(name))
        expect(verdict, said).toBe('pass')
        expect(code).toBe(0)
      })
  })
