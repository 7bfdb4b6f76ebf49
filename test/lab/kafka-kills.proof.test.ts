import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { able, minutes } from './engine-support.ts'
import { Load } from './kafka-load.ts'
import { KafkaWorkplace, idOf } from './kafka-support.ts'

const all = ['kafka1', 'kafka2', 'kafka3'] as const
/** All that a removal is made of, in its order. */
const states = ['throttle', 'minimum', 'move', 'unthrottle', 'prefer', 'verify', 'quorum', 'stop', 'unregister'] as const

/** `npm run proof:kafka-kills`: some ten minutes. */
describe.runIf(able)('the command of a rebalance of three brokers, under load', { timeout: 8 * minutes }, () => {
  const place = new KafkaWorkplace('testkafkakills', 35)

  beforeAll(async () => {
    place.inventory(all)
    place.fleet = await place.boot(place.file)
    await place.provisioned()
    await place.knows()
  }, 8 * minutes)
  afterAll(() => place.end(place.fleet), minutes)

  it('is killed in each of its steps: --resume comes to the same end, nothing is lost, nobody else is restarted', async () => {
    const load = new Load(await place.writer(all))
    const before = await place.starts('kafka1', 'kafka2')
    const killed: string[] = []
    for (let words = ['--remove', 'kafka3', '--yes']; killed.length < states.length; words = ['--resume', '--yes']) {
      const run = place.command('rebalance', ['kafka', '--inventory', place.file, '--json', ...words])
      let text = ''
      let at: string | undefined
      run.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        const next = states.find(state => !killed.includes(state) && text.includes(`"state":"${state}"`))
        if (at || !next) return
        killed.push((at = next))
        run.kill('SIGKILL')
      })
      const ended = await run
      expect(ended.signal, `${killed.join(', ')}: ${ended.all}`).toBe('SIGKILL')
    }
    const last = await place.rebalance('--resume', '--yes')
    expect(last.code, last.text).toBe(0)
    console.log(`killed in ${killed.join(', ')}`)
    expect([...killed].sort()).toEqual([...states].sort())
    const { brokers, quorum, topics } = await place.seen('kafka1')
    const gone = idOf('kafka3')
    expect(brokers.map(({ id }) => id)).not.toContain(gone)
    expect(quorum.voters.map(({ id }) => id)).not.toContain(gone)
    expect(topics.flatMap(({ partitions }) => partitions.flatMap(({ replicas }) => replicas))).not.toContain(gone)
    expect(await place.errand(['kafka1'], { ask: ['moves', 'throttles'] })).toMatchObject({ moves: [], throttles: { topics: [] } })
    expect(await place.on('kafka3', 'systemctl is-active kafka; systemctl is-enabled kafka')).toBe('inactive\ndisabled')
    place.inventory(['kafka1', 'kafka2'], {}, ['kafka3'])
    await place.provisioned()
    expect((await place.rebalance('--check')).code).toBe(0)
    expect(await place.starts('kafka1', 'kafka2')).toEqual(before)
    const sent = await place.counted(load, ['kafka1', 'kafka2'])
    console.log(JSON.stringify({ ...sent, lost: sent.lost.length, twice: sent.twice.length }))
    expect([sent.lost, sent.twice]).toEqual([[], []])
  })
})
