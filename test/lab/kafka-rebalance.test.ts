import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import type { QuorumSeen } from '../../roles/kafka/admin/quorum.ts'
import type { ThrottlesSeen } from '../../roles/kafka/admin/throttle.ts'
import type { TopicSeen } from '../../roles/kafka/admin/topics.ts'
import { nodeIdOf } from '../../roles/kafka/identity.ts'
import { able, expectPlain, inside, minutes, told, Workplace } from './engine-support.ts'

const name = 'testkafkamoves'
const names = ['kafka1', 'kafka2', 'kafka3'] as const

interface Seen {
  readonly brokers: readonly { readonly id: number }[]
  readonly topics: readonly TopicSeen[]
  readonly quorum: QuorumSeen
  readonly throttles: ThrottlesSeen
}

describe.runIf(able)('three brokers of weights 1:1:2', { timeout: 5 * minutes }, () => {
  const place = new Workplace()
  let fleet: Fleet
  let file: string

  const write = (weights: readonly number[], vars: object = {}) =>
    place.write('fleet', name, {
      hosts: Object.fromEntries(
        names.map((each, index) => [
          each,
          {
            address: `10.78.32.${20 + index}`,
            user: 'pi',
            model: 'rpi4-1g',
            os: 'bookworm',
            roles: ['base', 'kafka'],
            lab: { cpu: 0.6 },
            vars: { kafka: { weight: weights[index], ...vars } },
          },
        ]),
      ),
    })
  const rebalance = async (...words: string[]) => {
    const run = told(await place.command('rebalance', ['kafka', '--inventory', file, ...words]))
    expectPlain(run)
    return run
  }
  const seen = async (): Promise<Seen> => {
    const errand = JSON.stringify({
      at: [{ host: '10.78.32.20', port: 9093 }],
      caFile: '/etc/kafka/tls/ca.pem',
      ownFile: '/etc/kafka/tls/broker.pem',
      ask: ['quorum', 'moves', 'throttles'],
    })
    return JSON.parse(await inside(fleet, 'kafka1', `echo '${errand}' | kafka-admin`)) as Seen
  }
  const leads = async () => {
    const leaders = (await seen()).topics.find(topic => topic.name === 'temperature')?.partitions.map(({ leader }) => leader) ?? []
    return names.map(each => leaders.filter(id => id === nodeIdOf(each)).length)
  }
  const starts = () =>
    Promise.all(['kafka1', 'kafka2'].map(each => inside(fleet, each, 'systemctl show -P ExecMainStartTimestampMonotonic kafka')))

  beforeAll(async () => {
    file = write([1, 1, 2])
    fleet = await place.boot(file)
    const run = await place.provision(file)
    expect(run.text).not.toContain('FAILED')
    expect(run.code).toBe(0)
  }, 5 * minutes)
  afterAll(() => place.end(fleet), minutes)

  it('have nothing to do; with other weights, what would be done is told, and nothing is', async () => {
    expect(await rebalance('--check')).toMatchObject({ code: 0, text: expect.stringContaining('Nothing to do') as string })
    write([2, 1, 1])
    const { code, text } = await rebalance('--check')
    expect(code).toBe(2)
    expect(text).toMatch(/kafka1 +2 +50\.0 % +5 → 10/)
    expect(await leads()).toEqual([3, 3, 6])
    expect((await rebalance('--check', '--weights', 'kafka1=1,kafka2=1,kafka3=2')).code).toBe(0)
  })

  it('a run that is killed while partitions move goes on by --resume, to the weights, and no broker is restarted', async () => {
    const before = await starts()
    const run = place.command('rebalance', ['kafka', '--inventory', file, '--json', '--yes'])
    let text = ''
    run.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('"state":"move"')) run.kill('SIGKILL')
    })
    expect((await run).signal).toBe('SIGKILL')
    // It slowed copies down, and is not there to take that off.
    expect((await seen()).throttles.topics).toContain('temperature')
    const other = await rebalance('--yes')
    expect(other.code).toBe(1)
    expect(other.text).toContain('rebalance kafka --resume')
    expect(await rebalance('--resume', '--yes')).toMatchObject({ code: 0 })
    expect(await leads()).toEqual([6, 3, 3])
    expect((await seen()).throttles).toEqual({ topics: [] })
    expect(await starts()).toEqual(before)
    expect((await rebalance('--check')).code).toBe(0)
  })

  it('a run that is given up leaves no throttle and nothing on its way', async () => {
    const run = place.command('rebalance', ['kafka', '--inventory', file, '--json', '--yes', '--weights', 'kafka1=1,kafka2=1,kafka3=2'])
    let text = ''
    run.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('"state":"move"')) run.kill('SIGKILL')
    })
    expect((await run).signal).toBe('SIGKILL')
    const { code } = await rebalance('--abort', '--yes')
    expect(code).toBe(0)
    expect(await seen()).toMatchObject({ throttles: { topics: [] }, moves: [] })
    expect((await rebalance('--yes')).code).toBe(0)
    expect(await leads()).toEqual([6, 3, 3])
  })

  it('a copy more that the inventory asks for is told by a run, and made by a rebalance', async () => {
    file = write([2, 1, 1], { replication: 2 })
    const note = 'temperature has 1 copy of each partition, and the inventory asks for 2: rebalance kafka'
    const run = await place.provision(file)
    expect([run.code, run.text]).toEqual([0, expect.stringContaining(note)])
    expect(await rebalance('--yes')).toMatchObject({ code: 0 })
    const { partitions = [] } = (await seen()).topics.find(topic => topic.name === 'temperature') ?? {}
    expect(partitions.map(({ replicas, inSync }) => [replicas.length, inSync.length])).toEqual(partitions.map(() => [2, 2]))
    expect(await leads()).toEqual([6, 3, 3])
    expect((await place.provision(file)).text).toContain('Nothing to change')
    expect((await rebalance('--check')).code).toBe(0)
  })

  it('a broker that is removed is emptied, leaves the quorum, is stopped and forgotten', async () => {
    const before = await starts()
    const run = await rebalance('--remove', 'kafka3', '--yes')
    expect(run.code).toBe(0)
    expect(run.text).toContain('kafka3 still has the role kafka')
    expect(await inside(fleet, 'kafka3', 'systemctl is-active kafka; systemctl is-enabled kafka')).toBe('inactive\ndisabled')
    const { brokers, quorum, topics } = await seen()
    const gone = nodeIdOf('kafka3')
    expect(brokers.map(({ id }) => id)).not.toContain(gone)
    expect(quorum.voters.map(({ id }) => id)).not.toContain(gone)
    expect(topics.flatMap(({ partitions }) => partitions.flatMap(({ replicas }) => replicas))).not.toContain(gone)
    // Groups keep their offsets on both that stay.
    const offsets = topics.find(topic => topic.name === '__consumer_offsets')?.partitions.map(({ inSync }) => inSync.length)
    expect(offsets).toEqual(Array.from({ length: 8 }, () => 2))
    expect(await leads()).toEqual([8, 4, 0])
    expect(await starts()).toEqual(before)
  })
})
