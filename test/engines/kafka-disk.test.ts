import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kafkaBackend } from '../../collector/backends/kafka/backend.ts'
import { kafkaSchema } from '../../collector/backends/kafka/config.ts'
import { rulesOf } from '../../roles/kafka/cluster/wanted.ts'
import { bytesBesideTexts } from '../../roles/kafka/disk.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit } from './kafka-support/kafka-broker.ts'

const possible = ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
if (!possible) console.warn('SKIPPED: what a reading takes in Kafka: it needs java and mvn')

const user = 'producer.one'
const note = 'cellar'
const location = 'producer1'
/** The long form has several segments' indexes, the short one is part of every run of the tests. */
const singles = process.env['FLEET_LONG_TESTS'] ? 20_000 : 1000

describe.skipIf(!possible)('what Kafka takes of the card', { timeout: 600_000 }, () => {
  test('a reading takes what the budget says within a tenth, and less in larger batches', async () => {
    const kit = await kafkaKit()
    const broker = await KafkaBroker.create(kit, await fleetOnLoopback({}), 0)
    const sizeOf = (topic: string) => {
      const folder = join(broker.folder, `data/${topic}-0`)
      return readdirSync(folder)
        .filter(name => !name.endsWith('.snapshot'))
        .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    }
    let made = 0
    const reading = () => {
      const row = made++
      const date = Date.UTC(2026, 0, 1) * 1000 + row * 1_000_000 + ((row * 7919) % 9000) * 100
      return { location, date, value: 40 + ((row * 7919) % 20_011) / 1000, note }
    }
    try {
      expect(broker.format(clusterId('test'), 'starts').status).toBe(0)
      await broker.start()
      const places = [[broker.member.id]]
      await broker.errand({
        change: [
          { user, password: 'right' },
          { makeTopic: 'singles', places, configs: {} },
          { makeTopic: 'batches', places, configs: {} },
          { allow: [...rulesOf(user, 'singles'), ...rulesOf(user, 'batches')] },
        ],
      })
      const send = async (topic: string, count: number, size: number) => {
        const hosts = [`${broker.member.host.address}:${broker.member.vars.port}`]
        const options = kafkaSchema.parse({ type: 'kafka', hosts, user, topic, tls: { ca: kit.certificates.ca } })
        const to = kafkaBackend({ ...options, password: () => 'right' })
        await to.connect()
        for (let sent = 0; sent < count; sent += size) await to.store(Array.from({ length: size }, reading))
        await to.close()
      }
      await send('singles', singles, 1)
      await send('batches', 20 * singles, 500)
      // An orderly stop cuts indexes to what is in them.
      await broker.stop('SIGTERM')
      const planned = bytesBesideTexts + location.length + note.length
      const single = sizeOf('singles') / singles
      const batched = sizeOf('batches') / (20 * singles)
      console.log(`one by one ${single.toFixed(1)}, ${planned} planned; 500 at a time ${batched.toFixed(1)}`)
      expect(Math.abs(planned - single) / single).toBeLessThan(0.1)
      expect(batched).toBeLessThan(single / 5)
    } finally {
      await destroyCluster(kit, [broker])
    }
  })
})
