import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import type { QuorumSeen } from '../../roles/kafka/admin/quorum.ts'
import type { TopicSeen } from '../../roles/kafka/admin/topics.ts'
import { nodeIdOf } from '../../roles/kafka/identity.ts'
import { able, eventually, expectPlain, inside, minutes, Workplace } from './engine-support.ts'

const name = 'testkafka'
const names = ['kafka1', 'kafka2', 'kafka3'] as const
const weights = [1, 1, 2]

interface Seen {
  readonly topics: readonly TopicSeen[]
  readonly quorum: QuorumSeen
  readonly users: readonly string[]
}

describe.runIf(able)('three brokers of weights 1:1:2 on Pis of 1 GiB', { timeout: 10 * minutes }, () => {
  const place = new Workplace()
  let fleet: Fleet
  let file: string

  const broker = (index: number, vars: object = {}) => ({
    address: `10.78.31.${20 + index}`,
    user: 'pi',
    model: 'rpi4-1g',
    os: 'bookworm',
    // The first is a producer, too, that knows of the brokers only, and a database; the second brings its readings there.
    roles: ['base', 'kafka', ...([['mariadb', 'collector'], ['sink'], []][index] ?? [])],
    lab: { cpu: 0.6 },
    vars: { kafka: { weight: weights[index], ...vars }, collector: { backends: ['kafka'], interval: 200, note: '{sequence}' } },
  })
  const write = (vars: object = {}) =>
    place.write('fleet', name, { hosts: Object.fromEntries(names.map((each, index) => [each, broker(index, vars)])) })
  const provision = async (...words: string[]): Promise<string> => {
    const run = await place.provision(file, words)
    expect(run.text).not.toContain('FAILED')
    expect(run.code).toBe(0)
    expectPlain(run)
    return run.text
  }
  const on = (host: string, script: string) => inside(fleet, host, script)
  const seen = async () => JSON.parse(await on('kafka1', 'script -qec kafka-admin /dev/null')) as Seen
  const starts = () => Promise.all(names.map(each => on(each, 'systemctl show -P ExecMainStartTimestampMonotonic kafka')))

  beforeAll(async () => {
    file = write()
    fleet = await place.boot(file)
  }, 5 * minutes)
  afterAll(() => place.end(fleet), minutes)

  it('are made from nothing: one quorum, a topic by weight, an account that may write it', async () => {
    await provision()
    const { topics, quorum, users } = await seen()
    const leaders = topics.find(topic => topic.name === 'temperature')?.partitions.map(({ leader }) => leader) ?? []
    expect(names.map(each => leaders.filter(id => id === nodeIdOf(each)).length)).toEqual([3, 3, 6])
    expect(quorum.voters.map(({ id }) => id)).toEqual(names.map(nodeIdOf).sort((a, b) => a - b))
    expect(users).toEqual(['producer.kafka1', 'sink.kafka2'])
  })

  it('are left alone the second time', async () => {
    const before = await starts()
    expect((await place.provision(file, ['--check'])).text).toContain('Nothing to change')
    await provision()
    expect(await starts()).toEqual(before)
  })

  it('readings reach MariaDB through the topic alone, each once', async () => {
    const rows = async () => {
      const text = await on(
        'kafka1',
        `mariadb -BN temperature -e 'SELECT COUNT(*), COUNT(DISTINCT reading_note), MAX(reading_note + 0) FROM reading'`,
      )
      return text.split('\t').map(Number)
    }
    await on('kafka2', 'systemctl kill -s KILL sink')
    const [before = 0] = await rows()
    await eventually(async () => ((await rows())[0] ?? 0) > before + 50, 120)
    await on('kafka1', 'systemctl stop collector')
    await eventually(async () => /^sink_lag 0$/m.test(await (await fetch('http://10.78.31.21:9465/metrics')).text()), 120)
    const [count, different, last] = await rows()
    expect([count, different]).toEqual([last, last])
    await on('kafka1', 'systemctl start collector')
    // All three know what there is to be final, and it is already.
    expect(await on('kafka2', 'kafka-admin finalise --yes')).toContain('"metadata.version"')
  })

  it('may do little but their work, and say nothing of a right they miss', async () => {
    const said = await on('kafka1', 'systemd-analyze security --no-pager kafka.service')
    expect(Number(/exposure level for kafka.service: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(4)
    expect(await on('kafka1', `journalctl -b -u kafka -o cat | grep -ciE 'not permitted|permission denied|read-only' || true`)).toBe('0')
  })

  it('listen at their address only', async () => {
    const ports = await on('kafka1', `ss -Hltn | awk '{print $4}' | grep -E ':(9092|9093|9094|9405)$' | sort`)
    expect(ports.split('\n')).toEqual(
      [9092, 9093, 9094, 9405].map(port => expect.stringMatching(new RegExp(`10\\.78\\.31\\.20\\]?:${port}$`))),
    )
  })

  it('what drifted is mended, and no broker is restarted for it', async () => {
    const before = await starts()
    const errand = JSON.stringify({
      at: [{ host: '10.78.31.20', port: 9093 }],
      caFile: '/etc/kafka/tls/ca.pem',
      ownFile: '/etc/kafka/tls/broker.pem',
      change: [
        { configure: 'temperature', configs: { 'retention.ms': '1000' } },
        { user: 'producer.kafka1', password: 'another' },
        { allow: [{ user: 'producer.kafka1', operation: 'read', resource: 'topic', name: 'temperature' }] },
      ],
    })
    await on('kafka1', `echo '${errand}' | kafka-admin`)
    const { text } = await place.provision(file, ['--check'])
    expect(text).toContain('set retention.ms of topic temperature from 1000 to -1')
    expect(text).toContain('give another password to account producer.kafka1')
    expect(text).toContain('allow no longer producer.kafka1 read topic temperature')
    await provision()
    expect((await place.provision(file, ['--check'])).text).toContain('Nothing to change')
    expect(await starts()).toEqual(before)
  })

  it('a broker that was killed comes back by itself, and the run finds nothing to do', async () => {
    await on('kafka2', 'systemctl kill -s KILL kafka')
    await provision()
    expect((await place.provision(file, ['--check'])).text).toContain('Nothing to change')
  })

  it('a setting of the broker is changed on one after the other', async () => {
    write({ heap: 144 })
    await provision()
    const times = (await starts()).map(Number)
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true)
    expect((await seen()).quorum.voters).toHaveLength(3)
  })

  it('storage of another cluster is told before anything starts', async () => {
    await on(
      'kafka3',
      `systemctl stop kafka && sed -i 's/^cluster.id=.*/cluster.id=AAAAAAAAAAAAAAAAAAAAAA/' /var/lib/kafka/data/meta.properties`,
    )
    const run = await place.provision(file)
    expect(run.code).not.toBe(0)
    expect(run.text).toContain('is of the cluster AAAAAAAAAAAAAAAAAAAAAA')
    expect(await on('kafka3', 'systemctl is-active kafka || true')).toBe('inactive')
  })
})
