import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { able, minutes } from './engine-support.ts'
import { Load } from './kafka-load.ts'
import { KafkaWorkplace, idOf } from './kafka-support.ts'

const all = ['kafka1', 'kafka2', 'kafka3'] as const
const ids = (...names: readonly string[]) => names.map(idOf).sort((a, b) => a - b)

/** `npm run proof:kafka-quorum`: some ten minutes. */
describe.runIf(able)('a broker that is alone, under load', { timeout: 6 * minutes }, () => {
  const place = new KafkaWorkplace('testkafkaquorum', 34)
  let load: Load
  const voters = async (of: string) => (await place.seen(of)).quorum.voters.map(({ id }) => id)
  const brokers = async () => (await place.seen('kafka1')).brokers.map(({ id }) => id)
  const told = (what: string) => console.log(`${what}: ${JSON.stringify(load.taken())}`)

  beforeAll(async () => {
    place.inventory(['kafka1'], {}, ['kafka2', 'kafka3'])
    place.fleet = await place.boot(place.file)
    await place.provisioned()
    await place.knows()
    // The first knows the others, so that its producers find those that come.
    load = new Load(await place.writer(['kafka1']))
  }, 8 * minutes)
  afterAll(() => place.end(place.fleet), minutes)

  it('gets two more: three controllers, readings on all of them, and it is not restarted', async () => {
    const before = await place.starts('kafka1')
    place.inventory(all)
    await place.provisioned()
    expect(await voters('kafka1')).toEqual(ids(...all))
    expect((await place.rebalance('--yes')).code).toBe(0)
    const { topics } = await place.seen('kafka1')
    const leaders = topics.find(({ name }) => name === 'temperature')?.partitions.map(({ leader }) => leader) ?? []
    expect(all.map(each => leaders.filter(id => id === idOf(each)).length)).toEqual([4, 4, 4])
    expect(await place.starts('kafka1')).toEqual(before)
    expect((await place.provision(place.file, ['--check'])).text).toContain('Nothing to change')
    told('1 → 3')
  })

  it('loses one: those that stay go on, and are not restarted, though two are one controller', async () => {
    const before = await place.starts('kafka1', 'kafka2')
    expect((await place.rebalance('--remove', 'kafka3', '--yes')).code).toBe(0)
    expect(await brokers()).toEqual(ids('kafka1', 'kafka2'))
    place.inventory(['kafka1', 'kafka2'], {}, ['kafka3'])
    await place.provisioned()
    expect(await voters('kafka1')).toEqual(ids('kafka1'))
    expect(await place.starts('kafka1', 'kafka2')).toEqual(before)
    expect((await place.provision(place.file, ['--check'])).text).toContain('Nothing to change')
    told('3 → 2')
  })

  it('is alone again, with all that was acknowledged, and was never restarted', async () => {
    const before = await place.starts('kafka1')
    expect((await place.rebalance('--remove', 'kafka2', '--yes')).code).toBe(0)
    place.inventory(['kafka1'], {}, ['kafka2', 'kafka3'])
    await place.provisioned()
    expect([await brokers(), await voters('kafka1')]).toEqual([ids('kafka1'), ids('kafka1')])
    expect(await place.starts('kafka1')).toEqual(before)
    told('2 → 1')
    const sent = await place.counted(load, ['kafka1'])
    console.log(`1 → 3 → 1: ${sent.acknowledged} acknowledged, ${sent.lost.length} lost, ${sent.twice.length} twice`)
    expect(sent.acknowledged).toBeGreaterThan(1000)
    expect(sent.lost).toEqual([])
    expect(sent.twice).toEqual([])
  })
})
