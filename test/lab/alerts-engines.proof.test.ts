import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { offersOf } from '../../engine/offer.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import { boardsOf } from '../../roles/boards.ts'
import { registry } from '../../roles/index.ts'
import { tlsFiles } from '../../roles/kafka/config/paths.ts'
import { metrics } from '../../roles/offers.ts'
import { Faults, kept, stopped } from './alerts-faults.ts'
import { Listener } from './alerts-support.ts'
import { inside } from './commands.ts'
import { able, eventually, minutes, told, Workplace } from './engine-support.ts'
import { brokerClient } from './kafka-load.ts'
import { proofs } from './proof.ts'

const net = 53
const folder = kept && `${kept}-engines`

/** Programs that this machine ended for want of memory. A virtual Pi counts them too, whoever's they were: the kernel has one number. */
const ended = () => Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1])

proofs('a fleet that has every role with figures', { timeout: 75 * minutes, able }, () => {
  const place = new Workplace(folder)
  let listener: Listener
  let faults: Faults
  let fleet: Fleet
  let file: string
  /** Milliseconds when all was well for the first time. */
  let since: number
  let before: number
  /** Of the exporter that each Pi has. */
  let nodePort = 9100

  /** @param weights of the nodes of the ring */
  const write = (weights: readonly number[] = [1, 1]) => {
    const pi = (octet: number, roles: readonly string[], more: object = {}) => ({
      address: `10.78.${net}.${octet}`,
      user: 'pi',
      model: 'rpi3b+',
      os: 'bookworm',
      roles: ['base', 'exporters', ...roles],
      ...more,
    })
    const webhooks = { here: { url: `http://10.78.${net}.1:${listener.port}/` } }
    // A partition has two copies, and takes nothing where one is missing.
    const kafka = { replication: 2, minInSync: 2 }
    const broker = { model: 'rpi4-1g', lab: { cpu: 0.6 }, vars: { kafka } }
    const node = (index: number) => ({ lab: { cpu: 0.9 }, vars: { cassandra: { ringDelay: 5, weight: weights[index] } } })
    return place.write('fleet', 'proofengines', {
      vars: { exporters: { nodePort } },
      hosts: {
        watch: pi(20, ['prometheus', 'alertmanager'], {
          model: 'rpi4-1g',
          os: 'trixie',
          vars: { prometheus: { interval: 15 }, alertmanager: { wait: 0, webhooks } },
        }),
        store: pi(21, ['mariadb'], { os: 'trixie' }),
        ring1: pi(22, ['cassandra'], node(0)),
        ring2: pi(23, ['cassandra'], node(1)),
        kafka1: pi(24, ['kafka', 'sink'], broker),
        kafka2: pi(25, ['kafka'], broker),
        kafka3: pi(26, ['kafka'], broker),
        stream: pi(27, ['flink'], { model: 'rpi4-2g', lab: { cpu: 1.2 }, vars: { flink: { jobs: ['averages'], checkpointInterval: 20 } } }),
        oven: pi(28, ['collector'], { vars: { collector: { backends: ['cassandra', 'kafka'], interval: 500 } } }),
      },
    })
  }
  const on = (host: string, script: string) => inside(fleet, host, script)
  const unit = (host: string, ...units: readonly string[]) => stopped(fleet, host, ...units)
  const addressOf = (host: string) => fleet.hosts.find(({ name }) => name === host)?.address ?? ''

  /** Again where a busy machine let one wait too long for another. */
  async function provision(...words: string[]): Promise<string> {
    for (let tries = 1; ; tries++) {
      const { code, text } = await place.provision(file, words)
      if (code === 0) return text
      console.log(text.split('\n').slice(-30).join('\n'))
      if (tries === 3) throw new Error(text)
    }
  }

  async function api<T>(path: string): Promise<T> {
    const answer = await fetch(`http://${addressOf('watch')}:9090/api/v1/${path}`, { signal: AbortSignal.timeout(20_000) })
    return ((await answer.json()) as { readonly data: T }).data
  }

  beforeAll(async () => {
    listener = await Listener.opened()
    faults = new Faults(listener)
    place.patience = 20 * minutes
    file = write()
    fleet = await place.boot(file, kept !== undefined)
    console.log((await provision()).split('\n').slice(-12).join('\n'))
    since = Date.now()
    before = ended()
  }, 60 * minutes)
  afterAll(async () => {
    console.log(faults.table)
    console.log('told besides:', faults.others)
    if (kept === undefined) await place.end(fleet)
    await listener.close()
  }, 5 * minutes)

  it('has each target of each role up, and is left alone the second time', async () => {
    const offers = offersOf(fleet, await registry.all(), varsOf)(metrics)
    const wanted = offers.map(({ host, value }) => `${value.job} ${host.name}`).sort()
    interface Target {
      readonly health: string
      readonly labels: { readonly job: string; readonly host: string }
    }
    const seen = async () => {
      const { activeTargets } = await api<{ readonly activeTargets: readonly Target[] }>('targets?state=active')
      return activeTargets
    }
    await eventually(async () => (await seen()).every(({ health }) => health === 'up'), 300)
    expect((await seen()).map(({ labels: { job, host } }) => `${job} ${host}`).sort()).toEqual(wanted)
    console.log(`${wanted.length} targets are up: ${wanted.join(', ')}`)
    expect(await provision()).toContain('Nothing to change')
  })

  it('has something to see in every picture of every role', async () => {
    const panels = boardsOf(offersOf(fleet, await registry.all(), varsOf)(metrics)).reduce((sum, board) => sum + board.panels.length, 0)
    const out = process.env['REPORT_OUT'] ?? `${place.folder}/report.html`
    interface Said {
      readonly pictures: number
      readonly seen: number
      readonly notes: readonly { readonly kind: string; readonly text: string }[]
    }
    let said: Said | undefined
    // Rates want some minutes, and a window of Flink's is a minute long.
    const whole = async () => {
      const { stdout } = await place.command('report', ['--inventory', file, '--since', '15m', '--out', out, '--json'])
      said = JSON.parse(stdout) as Said
      await sleep(10_000)
      return said.seen === panels
    }
    await eventually(whole, 600).catch(() => {})
    console.log(`${said?.seen} of ${said?.pictures} pictures (${panels} panels)`, said?.notes)
    expect([said?.pictures, said?.seen]).toEqual([panels, panels])
  })

  it('tells of nothing in half an hour with a `provision` and a `rebalance` in it', async () => {
    const wait = (minute: number) => sleep(Math.max(0, since + minute * minutes - Date.now()))
    const firing = () => listener.heard(since).filter(({ status, began }) => status === 'firing' && began >= since)
    const rebalance = async (weights: string) => {
      const { code, text } = told(await place.command('rebalance', ['kafka', '--inventory', file, '--yes', '--weights', weights]))
      expect([code, text]).toEqual([0, expect.any(String)])
      console.log(`rebalance to ${weights}:`, text.split('\n').slice(-4).join('\n'), firing())
    }
    await wait(5)
    // Changes a service of each Pi.
    nodePort = 9101
    file = write()
    expect(await provision()).toContain('no host failed')
    console.log('a provision that changed every Pi:', firing())
    await rebalance('kafka1=2,kafka2=1,kafka3=1')
    // And back to what the inventory says, before anybody could be told that it is not so.
    await rebalance('kafka1=1,kafka2=1,kafka3=1')
    await wait(30)
    const others = ended() - before
    console.log(`alerts in ${Math.round((Date.now() - since) / minutes)} healthy minutes:`, firing())
    console.log(`programs that this machine ended for want of memory meanwhile: ${others}`)
    expect(firing().filter(({ alert }) => others === 0 || alert !== 'OutOfMemory')).toEqual([])
  })

  it('tells of what goes wrong with rings, brokers and jobs, and that it is over', async () => {
    // Silences of the runs before end two minutes after them.
    await sleep(2.5 * minutes)
    // Two rules wait for an hour; here for a minute.
    const sooner = () => on('watch', `sed -i 's/for: 1h$/for: 1m/' /etc/prometheus/fleet-rules.yml && systemctl kill -s HUP prometheus`)
    await sooner()

    const ring = () =>
      faults.each([
        { what: 'a node of the ring is stopped', tells: ['CassandraAway ring2', 'CassandraNodeDown ring1'], ...unit('ring2', 'cassandra') },
      ])
    const jobs = () =>
      faults.each([
        {
          what: 'the TaskManager is stopped',
          tells: ['FlinkTaskmanagerAway stream', 'FlinkWithoutTaskManager stream', 'FlinkJobDown stream'],
          ...unit('stream', 'flink-taskmanager'),
        },
        { what: 'the JobManager is stopped', tells: ['FlinkJobmanagerAway stream'], ...unit('stream', 'flink-jobmanager') },
        {
          what: 'the table of the jobs is locked: they stand still',
          tells: ['FlinkCheckpointOld stream'],
          begins: () =>
            on(
              'store',
              `systemd-run -q --collect -u locks mariadb temperature -e 'LOCK TABLES reading_minute WRITE, reading_hour WRITE; SELECT SLEEP(7200)'`,
            ),
          ends: () => on('store', 'systemctl stop locks'),
          patience: 2400,
        },
        {
          what: 'the table of the jobs is gone: they fail again and again',
          tells: ['FlinkJobRestarts stream'],
          begins: () => on('store', `mariadb temperature -e 'RENAME TABLE reading_minute TO away'`),
          ends: () => on('store', `mariadb temperature -e 'RENAME TABLE away TO reading_minute'`),
          lasting: true,
        },
      ])
    const card = () =>
      faults.each([
        {
          what: 'something writes to the card, more and more',
          tells: ['CardFullSoon oven'],
          begins: () =>
            on(
              'oven',
              `size=$(df -B1 --output=size / | tail -1); used=$(df -B1 --output=used / | tail -1); fallocate -l $((size * 6 / 10 - used)) /var/filler
              systemd-run -q --collect -u writes sh -c 'while sleep 5; do head -c 4000000 /dev/urandom >>/var/filler; done'`,
            ),
          ends: () => on('oven', 'systemctl stop writes; rm /var/filler'),
        },
      ])
    const brokers = () =>
      faults.each([
        {
          what: 'a broker is stopped, where each partition wants both of its copies',
          tells: ['KafkaPartitionsTakeNothing kafka2'],
          ...unit('kafka3', 'kafka'),
        },
        {
          what: 'a broker lost its power, and the one with the only whole copy is stopped before it is back',
          tells: ['KafkaPartitionsOffline'],
          // One that was stopped in good order has all that was acknowledged, and may lead.
          begins: async () => {
            await on('kafka3', 'systemctl kill -s KILL kafka; systemctl stop kafka')
            await sleep(60_000)
            await on('kafka2', 'systemctl stop kafka')
            await on('kafka3', 'systemctl start kafka')
          },
          ends: () => on('kafka2', 'systemctl start kafka'),
        },
        {
          what: 'readings leave the topic before they are stored',
          tells: ['ReadingsGoneFromTopic kafka1'],
          begins: async () => {
            await on('kafka1', 'systemctl stop sink')
            await sleep(30_000)
            const [ca, own] = [await on('kafka1', `cat ${tlsFiles.ca}`), await on('kafka1', `cat ${tlsFiles.own}`)]
            const admin = brokerClient([`${addressOf('kafka1')}:9093`], ca, own).admin()
            await admin.connect()
            const ends = await admin.fetchTopicOffsets('temperature')
            await admin.deleteTopicRecords({
              topic: 'temperature',
              partitions: ends.filter(({ high }) => Number(high) > 0).map(({ partition, high }) => ({ partition, offset: high })),
            })
            await admin.disconnect()
            await on('kafka1', 'systemctl start sink')
          },
          ends: async () => {},
          lasting: true,
        },
      ])
    await Promise.all([ring(), jobs(), card(), brokers()])
    await faults.each([
      {
        what: 'a node is to own three times as much, and nobody rebalanced',
        tells: ['CassandraSharesUneven ring1', 'CassandraSharesUneven ring2'],
        begins: async () => {
          file = write([3, 1])
          await provision('watch')
          await sooner()
        },
        ends: async () => {
          file = write()
          await provision('watch')
          await sooner()
        },
      },
    ])
    await faults.over()
    expect(faults.wrong).toEqual([])
  })
})
