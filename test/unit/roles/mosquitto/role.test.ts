import { describe, expect, test } from 'vitest'
import { registered } from '../../../../collector/backends/registry.ts'
import { parseSinkConfig } from '../../../../collector/sink/config.ts'
import type { Facts } from '../../../../engine/facts.ts'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { offersOf } from '../../../../engine/offer.ts'
import { collect } from '../../../../engine/plan/desired.ts'
import { nameOf, type AnyResource } from '../../../../engine/resources/index.ts'
import { varsOf } from '../../../../engine/run/resolve.ts'
import { targetsOf } from '../../../../roles/collector/targets.ts'
import { registry } from '../../../../roles/index.ts'
import { brokerConfig } from '../../../../roles/mosquitto/config.ts'
import { memoryMax, queueOf, serverMemory } from '../../../../roles/mosquitto/memory.ts'
import { readFigures } from '../../../../roles/mosquitto/status.ts'
import { dropIn } from '../../../../roles/mosquitto/unit.ts'
import { mosquittoVars } from '../../../../roles/mosquitto/vars.ts'
import { ratesTo } from '../../../../roles/rates.ts'
import { taskOf } from '../../../../roles/sink/config.ts'
import { sinkVars } from '../../../../roles/sink/vars.ts'
import { canJudge, exposure } from '../exposure.ts'
import { nothingKept } from '../kept.ts'

const roles = await registry.all()

const MiB = 2 ** 20
const host = (name: string, has: readonly string[], vars: Host['vars'] = {}): Host =>
  ({ name, address: `10.0.0.${name.length}`, roles: has, vars, groups: [], secretVars: [] }) as unknown as Host
const hub = host('hub', ['mosquitto'], { mosquitto: { revoked: ['0a', '0B'] } })
const producer = host('p1', ['collector'], { collector: { backends: ['mqtt'] } })
const mysql = host('mysql', ['mariadb', 'sink'], { sink: { from: 'mqtt' } })
const fleet = (...hosts: Host[]): Fleet => ({ name: 'test', hosts }) as unknown as Fleet
const all = fleet(hub, producer, mysql)
const offered = offersOf(all, roles, varsOf)
const facts = { release: 'bookworm', architecture: 'arm64', memory: 512 * MiB, cores: 4 } as unknown as Facts
const authority = { certificate: 'the CA', issue: () => Promise.resolve(''), revoked: [], revoke: () => Promise.resolve('') }

function desired(of: Fleet, at: Host, name: string, prepared: unknown): readonly AnyResource[] {
  const role = roles[name]
  if (!role) throw new Error(`no role ${name}`)
  const secret = (secretName: string) => `secret ${secretName}`
  return collect(
    role.desired({
      host: at,
      fleet: of,
      facts,
      vars: varsOf(role, at),
      prepared,
      secret,
      offered: offersOf(of, roles, varsOf),
      kept: nothingKept,
    }),
  )
}

describe('the broker', () => {
  const resources = desired(all, hub, 'mosquitto', authority)

  test('starts again for whatever it reads at its start or its handshakes, the list of what is taken back among it', () => {
    const read = ['fleet-tls/broker.pem', 'fleet-tls/ca.pem', 'fleet-tls/revoked.pem', 'fleet.acl', 'fleet.conf']
    const service = resources.find(each => nameOf(each) === 'service mosquitto')
    expect(service?.on.map(({ kind, spec }) => `${kind.name} ${kind.label(spec)}`)).toEqual([
      ...['certificate', 'file', 'revocations', 'file', 'file'].map((kind, index) => `${kind} /etc/mosquitto/${read[index]}`),
      'file /etc/systemd/system/mosquitto.service.d/fleet.conf',
    ])
  })

  test('takes back what the inventory names', () => {
    const spec = resources.find(({ kind }) => kind.name === 'revocations')?.spec as { readonly serials: readonly string[] }
    expect(spec.serials).toEqual(['0A', '0B'])
  })

  test('listens at its own address only, over TLS, and lets nobody in without a certificate of the fleet', () => {
    const config = brokerConfig({
      ...mosquittoVars.parse({}),
      listen: { address: '10.0.0.3' },
      queue: queueOf(facts, { queue: undefined }),
      ownName: true,
    })
    expect(config.match(/^listener .*$/gm)).toEqual(['listener 8883 10.0.0.3'])
    for (const line of [
      'require_certificate true',
      'use_identity_as_username true',
      'use_username_as_clientid true',
      'allow_anonymous false',
    ])
      expect(config).toContain(`\n${line}\n`)
    expect(config).toMatch(/\ncrlfile \S+\n/)
  })

  test('one whose address is a name gets it before each start', () => {
    const listen = { name: 'hub.local' }
    const config = brokerConfig({ ...mosquittoVars.parse({}), listen, queue: queueOf(facts, { queue: undefined }), ownName: true })
    expect(config).not.toMatch(/^listener/m)
    const text = dropIn({ listen, port: 8883, memoryMax: 64 * MiB })
    expect(text).toContain('echo "listener 8883 $$a"; cat /etc/mosquitto/fleet.conf')
    expect(text).toContain('ExecStart=/usr/sbin/mosquitto -c /run/mosquitto/fleet.conf')
  })

  test.skipIf(!canJudge)('may do little but its work', () => {
    const unit = '[Service]\nType=notify\nExecStart=/usr/sbin/mosquitto\n'
    expect(exposure('mosquitto', unit, dropIn({ listen: { address: '10.0.0.3' }, port: 8883, memoryMax: 64 * MiB }))).toBeLessThanOrEqual(4)
  })
})

describe('what waits for a sink', () => {
  test('is bounded by the RAM: an eighth of it, 16 to 128 MiB, or as said', () => {
    const of = (ram: number, queue?: number) => queueOf({ memory: ram * MiB }, { queue }).memory / MiB
    expect([of(64), of(512), of(8192), of(512, 20)]).toEqual([16, 64, 128, 20])
  })

  test('has bounds whose sum is that, and the unit a limit above all of it', () => {
    const queue = queueOf({ memory: 512 * MiB }, { queue: undefined })
    expect(queue.messages * 512 + queue.bytes).toBeLessThanOrEqual(queue.memory)
    expect(memoryMax(queue, 100)).toBeGreaterThan(queue.memory + serverMemory(100))
  })
})

describe('a producer', () => {
  test('sends to it with a certificate of its own, as itself', () => {
    const [target] = targetsOf(producer, offered, { backends: ['mqtt'], store: undefined })
    expect(target).toMatchObject({
      certificate: true,
      tls: true,
      backend: {
        type: 'mqtt',
        hosts: ['10.0.0.3:8883'],
        thing: 'p1',
        topic: 'temperature/{thing}/reading',
        certificate: '/etc/collector/own.pem',
        tls: { ca: '/etc/collector/ca.pem', name: 'hub' },
      },
    })
    const bundle = { path: import.meta.filename, sha256: '', bytes: 0 }
    const made = desired(all, producer, 'collector', { bundle, authority }).find(({ kind }) => kind.name === 'certificate')
    expect(made?.spec).toMatchObject({ path: '/etc/collector/own.pem', subject: 'p1', owner: 'collector' })
  })

  test('has none where no store asks for it', () => {
    const other = fleet(host('p1', ['collector']), host('mysql', ['mariadb']))
    const bundle = { path: import.meta.filename, sha256: '', bytes: 0 }
    const resources = desired(other, other.hosts[0] as Host, 'collector', { bundle, authority })
    expect(resources.some(({ kind }) => kind.name === 'certificate')).toBe(false)
  })
})

describe('a sink from it', () => {
  const task = (given: object = {}) => taskOf(mysql, offered, sinkVars.parse({ from: 'mqtt', ...given }))

  test('takes the readings of all producers in a session of its own, and keeps dead letters in its folder', () => {
    const { config, passwords, subject } = task()
    expect(parseSinkConfig(JSON.stringify(config), 'x', registered)).toMatchObject({
      from: { type: 'mqtt', hosts: ['10.0.0.3:8883'], id: 'sink.mysql', topic: 'temperature/+/reading', certificate: '/etc/sink/own.pem' },
      to: { type: 'mariadb', batch: 1000 },
    })
    expect([subject, Object.keys(passwords)]).toEqual(['sink.mysql', ['mariadb-password']])
  })

  test('is refused where there is no such broker, with the remedy', () => {
    expect(() => task({ broker: 'nobody' })).toThrow('the host nobody is no broker of MQTT')
    expect(() => taskOf(mysql, offersOf(fleet(mysql), roles, varsOf), sinkVars.parse({ from: 'mqtt' }))).toThrow(
      'no host of the fleet is a broker of MQTT',
    )
  })

  test('brings what producers send to the broker alone: the store counts it', () => {
    expect(ratesTo(offered, 'mariadb', 'mysql').map(({ location }) => location)).toEqual(['p1'])
    const none = fleet(hub, producer, host('mysql', ['mariadb']))
    expect(ratesTo(offersOf(none, roles, varsOf), 'mariadb', 'mysql')).toEqual([])
  })
})

describe('how the broker is', () => {
  const figures = (dropped: number) => `$SYS/broker/version mosquitto version 2.0.11
$SYS/broker/clients/connected 3
$SYS/broker/store/messages/count 41
$SYS/broker/publish/messages/dropped ${dropped}
`

  test('is what it says to a client', () => {
    expect(readFigures(figures(0))).toEqual({
      says: ['mosquitto version 2.0.11, 3 clients, 41 messages in it, its own figures among them'],
      warns: [],
    })
    expect(readFigures(figures(7)).warns?.[0]).toContain('threw away 7 messages')
  })

  test('one that lets nobody in is not well, in its words', () => {
    expect(readFigures('Error: Connection refused\n').wrong).toEqual(['nobody can connect to it: Error: Connection refused'])
    expect(readFigures('').wrong).toEqual(['nobody can connect to it'])
  })
})
