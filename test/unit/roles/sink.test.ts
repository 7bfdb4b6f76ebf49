import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { registered } from '../../../collector/backends/registry.ts'
import { parseSinkConfig } from '../../../collector/sink/config.ts'
import type { Facts } from '../../../engine/facts.ts'
import type { Fleet, Host } from '../../../engine/inventory/types.ts'
import { offersOf } from '../../../engine/offer.ts'
import { collect } from '../../../engine/plan/desired.ts'
import { nameOf, type AnyResource } from '../../../engine/resources/index.ts'
import { varsOf } from '../../../engine/run/resolve.ts'
import { registry } from '../../../roles/index.ts'
import { ratesTo } from '../../../roles/rates.ts'
import { taskOf } from '../../../roles/sink/config.ts'
import sink from '../../../roles/sink/index.ts'
import { readSink } from '../../../roles/sink/status.ts'
import { sinkVars } from '../../../roles/sink/vars.ts'
import { nothingKept } from './kept.ts'

const roles = await registry.all()

const host = (name: string, has: readonly string[], vars: Host['vars'] = {}): Host =>
  ({ name, address: `10.0.0.${name.length}`, roles: has, vars, groups: [], secretVars: [] }) as unknown as Host
const fleet = (...hosts: Host[]): Fleet => ({ name: 'test', hosts }) as unknown as Fleet

const brokers = [host('k1', ['kafka'], { kafka: { topic: 'warmth' } }), host('k02', ['kafka'])]
const mysql = host('mysql', ['mariadb', 'sink'])
const all = (...more: Host[]) => fleet(...brokers, mysql, ...more)
const task = (of: Fleet, given: object = {}) => {
  const { config, passwords } = taskOf(mysql, offersOf(of, roles, varsOf), sinkVars.parse(given))
  return { ...parseSinkConfig(JSON.stringify(config), 'x', registered), passwords }
}
const facts = { release: 'bookworm', architecture: 'arm64', memory: 2 ** 30, cores: 4 } as unknown as Facts
const prepared = {
  bundle: { path: fileURLToPath(import.meta.url), sha256: '', bytes: 0 },
  authority: {
    certificate: '-----BEGIN CERTIFICATE-----',
    issue: () => Promise.resolve(''),
    revoked: [],
    revoke: () => Promise.resolve(''),
  },
  certificate: 'x',
  issue: () => Promise.resolve(''),
}

function desired(of: Fleet, at: Host, name: string): readonly AnyResource[] {
  const role = roles[name]
  if (!role) throw new Error(`no role ${name}`)
  const vars = varsOf(role, at)
  const secret = (secretName: string) => `secret ${secretName}`
  return collect(
    role.desired({ host: at, fleet: of, facts, vars, prepared, secret, offered: offersOf(of, roles, varsOf), kept: nothingKept }),
  )
}

describe('what a sink does', () => {
  test('takes from all brokers, with an account of its own, and brings to MariaDB as one that may store readings of all', () => {
    expect(task(all())).toMatchObject({
      from: {
        hosts: ['10.0.0.2:9092', '10.0.0.3:9092'],
        topic: 'warmth',
        deadLetters: 'warmth.dead',
        group: 'sink.mariadb',
        user: 'sink.mysql',
        tls: { ca: '/etc/sink/ca.pem', names: ['10.0.0.2', '10.0.0.3'] },
      },
      to: { type: 'mariadb', hosts: ['127.0.0.1'], user: 'sink-mysql', table: 'reading', batch: 1000, tls: { name: 'mysql' } },
      passwords: { 'kafka-password': 'kafka/sink.mysql', 'mariadb-password': 'mariadb/sink/mysql' },
    })
  })

  test('needs all brokers and its store', () => {
    const of = all(host('c1', ['cassandra']), host('other', ['mariadb']))
    const needs = sink.needs?.({ host: mysql, fleet: of, vars: sinkVars.parse({}), offered: offersOf(of, roles, varsOf) }) ?? []
    expect([...needs].map(({ host: { name }, role }) => `${name} ${role}`)).toEqual(['k1 kafka', 'k02 kafka', 'mysql mariadb'])
  })

  test('or to Cassandra, as another group', () => {
    expect(task(all(host('c1', ['cassandra'])), { to: 'cassandra' })).toMatchObject({
      from: { group: 'sink.cassandra' },
      to: { type: 'cassandra', user: 'sink-mysql', table: 'reading', byDay: 'reading_by_day' },
      passwords: { 'cassandra-password': 'cassandra/sink/mysql' },
    })
  })

  test('where there are no brokers, no such store, or a store that is none: refused, with the remedy', () => {
    expect(() => task(fleet(mysql))).toThrow('no host of the fleet is a broker')
    expect(() => task(all(), { to: 'cassandra' })).toThrow('no host of the fleet stores readings in cassandra')
    expect(() => task(all(), { store: 'nobody' })).toThrow('the host nobody stores no readings in mariadb')
    expect(() => task(all(), { to: 'kafka' })).toThrow('no sink brings readings to kafka')
  })
})

test('the service starts again for its config, passwords and program, and for nothing else', () => {
  const resources = desired(all(), mysql, 'sink')
  expect(resources.map(nameOf)).toEqual([
    'command 10.0.0.5 is an address of this Pi',
    'apt nodejs',
    'file /opt/sink/collect.cjs',
    'user sink',
    'file /etc/sink/kafka-password',
    'file /etc/sink/mariadb-password',
    'file /etc/sink/ca.pem',
    'file /etc/sink/config.json',
    'file /etc/systemd/system/sink.service',
    'file /usr/local/bin/dead-letters',
    'service sink',
  ])
  expect(resources.find(each => nameOf(each) === 'service sink')?.on.map(nameOf)).toEqual([
    'file /opt/sink/collect.cjs',
    'file /etc/sink/kafka-password',
    'file /etc/sink/mariadb-password',
    'file /etc/sink/ca.pem',
    'file /etc/sink/config.json',
    'file /etc/systemd/system/sink.service',
  ])
})

describe('a store', () => {
  const accounts = (of: Fleet) =>
    desired(of, of.hosts.find(({ roles: has }) => has.includes('mariadb')) as Host, 'mariadb').flatMap(({ kind, spec }) =>
      kind.name === 'mariadb account'
        ? [spec as { readonly user?: string; readonly on?: unknown; readonly hosts?: readonly string[] }]
        : [],
    )

  test('has an account for a sink that brings to it: on the table, not on the view of one producer', () => {
    expect(accounts(all()).find(({ user }) => user === 'sink-mysql')).toMatchObject({
      hosts: ['127.0.0.1'],
      privileges: ['INSERT', 'SELECT'],
      tls: true,
      on: { database: 'temperature', table: 'reading' },
    })
  })

  test('has none for a sink that brings to another', () => {
    const other = fleet(...brokers, host('mysql', ['mariadb']), host('c1', ['cassandra', 'sink'], { sink: { to: 'cassandra' } }))
    expect(accounts(other).some(({ user }) => user?.startsWith('sink-'))).toBe(false)
  })

  test('counts what producers send to Kafka alone, where a sink brings it', () => {
    const producer = host('p', ['collector'], { collector: { backends: ['kafka'] } })
    const to = (of: Fleet) => ratesTo(offersOf(of, roles, varsOf), 'mariadb', 'mysql').map(({ location }) => location)
    expect(to(all(producer))).toEqual(['p'])
    expect(to(fleet(...brokers, host('mysql', ['mariadb']), producer))).toEqual([])
  })
})

describe('how a sink is', () => {
  const answer = (head: string, lines: string, metrics: string) => `HTTP/1.1 ${head}\r\n\r\n${lines}\u001dHTTP/1.1 200 OK\r\n\r\n${metrics}`
  const figures = (lag: string) => `sink_written_total 100\nsink_partitions 12\nsink_lag ${lag}\n`

  test('is read from its pages', () => {
    expect(readSink(answer('200 OK', 'ok\n  kafka: member\n', figures('7')))).toEqual({
      wrong: [],
      warns: [],
      says: ['100 readings stored since it started, with 12 partitions', '7 wait in the topic'],
    })
  })

  test('a lag that nobody knows is no lag of nothing', () => {
    expect(readSink(answer('200 OK', 'ok\n', figures('NaN')))).toMatchObject({
      warns: ['nobody knows how many readings wait: the brokers do not tell'],
      says: [expect.not.stringContaining('wait')],
    })
  })

  test('ill, silent, or not tried yet is not well', () => {
    expect(readSink(answer('503 X', 'ill\n! mariadb: refuses us (X: no)\n', figures('7'))).wrong).toEqual(['mariadb: refuses us (X: no)'])
    expect(readSink(answer('200 OK', 'ok\n  kafka: not tried yet\n', figures('7'))).wrong).toEqual(['kafka: not tried yet'])
    expect(readSink('').wrong).toEqual(['it runs and does not answer'])
  })

  test('is asked of the service', () => {
    const { units } = sink.status?.({ host: mysql, fleet: all(), vars: sinkVars.parse({}) } as never) ?? { units: [] }
    expect(units).toEqual(['sink'])
  })
})
