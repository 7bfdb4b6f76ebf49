import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Feature } from '../../roles/kafka/admin/features.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { behind, release } from '../../roles/kafka/release.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-support/kafka-broker.ts'

const possible = ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
if (!possible) console.warn('SKIPPED: levels of a real Kafka: Java or Maven is missing')

describe.skipIf(!possible)('levels of a real cluster', { timeout: 120_000 }, () => {
  const begun: (readonly [KafkaKit, KafkaBroker])[] = []
  afterEach(async () => {
    for (const [kit, broker] of begun.splice(0)) await destroyCluster(kit, [broker])
  })

  async function begin(older?: string): Promise<KafkaBroker> {
    const kit = await kafkaKit()
    const broker = await KafkaBroker.create(kit, await fleetOnLoopback({}), 0)
    begun.push([kit, broker])
    const { status, output } = broker.format(clusterId('test'), 'starts', older)
    expect(status, output).toBe(0)
    await broker.start()
    return broker
  }
  const features = async (broker: KafkaBroker) => (await broker.errand({ ask: ['features'] }))['features'] as readonly Feature[]

  test('of one that begins are those of this release', async () => {
    const all = await features(await begin())
    expect(Object.fromEntries(all.map(({ name, level }) => [name, level]))).toEqual(release.levels)
    expect(behind(all)).toEqual([])
  })

  test('of an older release stay until they are made final, by all brokers or not at all', async () => {
    const broker = await begin('4.2')
    const { host, vars } = broker.member
    const own = { host: host.address, port: vars.brokerPort }
    const finalise = (levels: Readonly<Record<string, number>>, ...others: readonly (typeof own)[]) =>
      broker.errand({ change: [{ finalise: levels, knownTo: [own, ...others] }] })
    const before = await features(broker)
    expect(behind(before).map(({ name }) => name)).toContain('metadata.version')

    await expect(finalise(release.levels, { host: '127.0.0.1', port: 1 })).rejects.toThrow(/ECONNREFUSED/)
    await expect(finalise({ ...release.levels, 'metadata.version': 99 })).rejects.toThrow(/knows metadata\.version up to 33, not 99/)
    expect(await features(broker)).toEqual(before)

    await finalise(release.levels)
    expect(behind(await features(broker))).toEqual([])
    await finalise(release.levels)
    expect(Object.fromEntries((await features(broker)).map(({ name, level }) => [name, level]))).toEqual(release.levels)

    // What a run of an older release asks before it changes anything: a broker that runs, and the storage of one that does not.
    const asked = () => broker.errand({ levelsIn: join(broker.folder, 'data') })
    expect(await asked()).toEqual({ levels: release.levels })
    await broker.stop()
    const { 'kraft.version': _quorum, ...stored } = release.levels
    expect(await asked()).toEqual({ levels: stored })
  })
})
