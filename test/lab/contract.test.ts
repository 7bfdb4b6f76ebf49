import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Registry } from '../../engine/registry.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { keptOf } from '../../engine/kept.ts'
import type { HostResult, RunEvent } from '../../engine/run/events.ts'
import { provision, type ProvisionOptions } from '../../engine/run/provision.ts'
import { openSecrets } from '../../engine/secrets/secrets.ts'
import { down, labPaths, up } from '../../lab/index.ts'
import thermostat from '../roles/thermostat/index.ts'
import { able, inside, minutes, Workplace } from './engine-support.ts'
import { labFleet, labHost } from './labtest.ts'

const workplace = new Workplace()
const { identity, knownHosts } = labPaths('testcontract')
const lab = { cpu: 1 }
const hosts = [
  labHost('one', 11, { address: '10.78.15.11', model: 'rpi3b+', os: 'bookworm', roles: ['thermostat'], lab }),
  labHost('two', 12, { address: '10.78.15.12', model: 'rpi3b+', os: 'trixie', roles: ['thermostat'], lab }),
]
const fleet: Fleet = {
  ...labFleet(hosts, 'testcontract'),
  file: join(workplace.folder, 'testcontract.yaml'),
  ssh: { identity, knownHosts, connectTimeout: 5, keepalive: 5 },
}

/** The same fleet, with other variables or roles on its hosts. */
const but = (change: Partial<Fleet['hosts'][number]>): Fleet => ({ ...fleet, hosts: hosts.map(host => ({ ...host, ...change })) })

interface Outcome {
  readonly results: ReadonlyMap<string, HostResult>
  readonly statuses: Readonly<Record<string, string>>
  readonly events: readonly RunEvent[]
  /** What was changed of the cluster, and where. */
  readonly cluster: readonly string[]
}

async function run(of = fleet, options: Partial<ProvisionOptions> = {}): Promise<Outcome> {
  const secrets = openSecrets(of.file, { preview: options.check === true, env: { ...process.env, ...workplace.env } })
  const events: RunEvent[] = []
  const results = await provision(of, of.hosts, Registry.of({ thermostat }), secrets, {
    check: false,
    diff: false,
    parallel: 4,
    acceptNewKeys: false,
    ...options,
    on(event) {
      events.push(event)
      options.on?.(event)
    },
  })
  return {
    results,
    events,
    statuses: Object.fromEntries(
      [...results].map(([name, { status, failure }]) => [name, failure ? `${status}: ${failure.message}` : status]),
    ),
    cluster: events.flatMap(event =>
      event.event === 'changed' && event.cluster === 'thermostat' ? [`${event.host}: ${event.resource}: ${event.does.join()}`] : [],
    ),
  }
}

const everywhere = (script: string) => Promise.all(hosts.map(({ name }) => inside(fleet, name, script)))
const schedule = () => everywhere('cat /var/lib/thermostat/schedule 2>/dev/null')
const marks = () => everywhere('ls /var/lib/provision/pending 2>/dev/null')
const unchanged = { one: 'unchanged', two: 'unchanged', 'cluster of thermostat': 'unchanged' }

describe.runIf(able)('what a role can say, by a role that exists in tests only', { timeout: 5 * minutes }, () => {
  beforeAll(async () => {
    await down(fleet)
    try {
      await up(fleet)
    } catch (error) {
      await down(fleet)
      throw error
    }
  }, 6 * minutes)
  afterAll(() => workplace.end(fleet), minutes)

  it('a check tells what belongs to the cluster, and writes nothing', async () => {
    const check = await run(fleet, { check: true })
    expect(check.statuses).toEqual({ one: 'would change', two: 'would change', 'cluster of thermostat': 'would change' })
    expect(await everywhere('ls -d /var/lib/provision /var/lib/thermostat 2>/dev/null')).toEqual(['', ''])
  })

  it('makes what belongs to the cluster once, after both hosts, and sees each at work by its status', async () => {
    const first = await run()
    expect(first.statuses).toEqual({ one: 'changed', two: 'changed', 'cluster of thermostat': 'changed' })
    expect(first.cluster).toEqual(['one: file /var/lib/thermostat/schedule: create', 'one: command schedule is read: run'])
    const made = first.events.findIndex(event => event.event === 'changed' && event.cluster !== undefined)
    const ended = first.events.flatMap((event, at) => (event.event === 'finished' && event.cluster === undefined ? [at] : []))
    expect(made).toBeGreaterThan(Math.max(...ended))
    expect(await schedule()).toEqual(['one 21\ntwo 21', ''])
    expect(await marks()).toEqual(['', ''])
    expect(keptOf(fleet.file, 'thermostat')('ids/two')?.toString().trim()).toBe(await inside(fleet, 'two', 'cat /var/lib/thermostat/id'))
  })

  it('is then as wanted: no host is asked but within its one question', async () => {
    const again = await run()
    expect(again.statuses).toEqual(unchanged)
    expect(again.events.flatMap(({ event, cluster }) => (cluster === undefined ? [] : [event]))).toEqual(['finished'])
    expect(again.events.filter(({ event }) => event === 'connecting')).toHaveLength(2)
  })

  it('is cut between the note and the change, and the next run mends it', async () => {
    await inside(fleet, 'one', 'rm /var/lib/thermostat/schedule')
    const stop = new AbortController()
    const cut = await run(fleet, {
      stop: stop.signal,
      on: event => {
        if (event.event === 'planned' && event.cluster !== undefined) stop.abort()
      },
    })
    expect(cut.statuses).toMatchObject({
      one: 'unchanged',
      two: 'unchanged',
      'cluster of thermostat': 'failed: stopped before it was done',
    })
    expect([await schedule(), await marks()]).toEqual([
      ['', ''],
      ['cluster-of-thermostat', ''],
    ])
    const mended = await run()
    expect(mended.statuses).toEqual({ ...unchanged, 'cluster of thermostat': 'changed' })
    expect([await schedule(), await marks()]).toEqual([
      ['one 21\ntwo 21', ''],
      ['', ''],
    ])
  })

  it('mends what drifts, with its reaction', async () => {
    await inside(fleet, 'one', 'echo "two 30" >/var/lib/thermostat/schedule')
    expect((await run()).cluster).toEqual([
      'one: file /var/lib/thermostat/schedule: change content',
      'one: command schedule is read: run (/var/lib/thermostat/schedule)',
    ])
    expect((await run()).statuses).toEqual(unchanged)
  })

  it('restarts one host at a time, and not before it is ready', async () => {
    await inside(
      fleet,
      'two',
      'touch /var/lib/thermostat/busy; systemd-run -q --on-active=15 --timer-property=AccuracySec=1s rm /var/lib/thermostat/busy',
    )
    const warmer = but({ vars: { thermostat: { target: 23 } } })
    const { statuses, events } = await run(warmer)
    expect(statuses).toEqual({ one: 'changed', two: 'changed', 'cluster of thermostat': 'changed' })
    expect(events.flatMap(event => (event.event === 'waiting' ? [`${event.host}: ${event.for}`] : []))).toContain(
      'two: thermostat to be ready for its turn: it heats the bath',
    )
    const order = events.flatMap(({ event, host, cluster }, at) =>
      event === 'finished' && host === 'one' && cluster === undefined ? [at] : [],
    )
    const restarted = events.findIndex(
      event => event.event === 'changed' && event.host === 'two' && event.resource === 'service thermostat',
    )
    expect(restarted).toBeGreaterThan(order[0] ?? Number.POSITIVE_INFINITY)
    expect(await everywhere('cat /run/thermostat/degrees')).toEqual(['23', '23'])
    expect((await run(warmer)).statuses).toEqual(unchanged)
  })

  it('is undone where its host has it no more; its data stays', async () => {
    const without = but({ roles: [] })
    expect((await run(without, { purge: { made: true, data: [] } })).statuses).toEqual({ one: 'changed', two: 'changed' })
    expect(
      await everywhere(
        'systemctl is-active thermostat thermostat-page.socket; ls /usr/local/bin /etc/systemd/system | grep thermostat; ls /var/lib/thermostat/id',
      ),
    ).toEqual(Array(2).fill('inactive\ninactive\n/var/lib/thermostat/id'))
    expect((await run(without, { purge: { made: true, data: [] } })).statuses).toEqual({ one: 'unchanged', two: 'unchanged' })
  })
})
