import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { registered } from '../../../collector/backends/registry.ts'
import { parseConfig } from '../../../collector/config.ts'
import type { Facts } from '../../../engine/facts.ts'
import type { Fleet, Host } from '../../../engine/inventory/types.ts'
import { collect } from '../../../engine/plan/desired.ts'
import { offer, offersOf } from '../../../engine/offer.ts'
import { nameOf } from '../../../engine/resources/index.ts'
import { Failed } from '../../../engine/errors.ts'
import { role } from '../../../engine/role.ts'
import { varsOf } from '../../../engine/run/resolve.ts'
import { collectorConfig } from '../../../roles/collector/config.ts'
import collector from '../../../roles/collector/index.ts'
import { passwordsOf, targetsOf } from '../../../roles/collector/targets.ts'
import { collectorVars } from '../../../roles/collector/vars.ts'
import { registry } from '../../../roles/index.ts'
import { readings } from '../../../roles/offers.ts'
import { paper } from '../collector/paper/index.ts'
import { nothingKept } from './kept.ts'

const roles = await registry.all()

const host = (name: string, roles: readonly string[], vars: Host['vars'] = {}): Host =>
  ({ name, address: `10.0.0.${name.length}`, port: 22, user: 'pi', jump: [], groups: [], roles, vars, secretVars: [] }) as unknown as Host
const fleet = (...hosts: Host[]): Fleet => ({ name: 'test', hosts }) as unknown as Fleet

const producer = host('producer', ['base', 'collector'])
const mysql = host('mysql', ['mariadb'])
const ring = [
  host('c1', ['cassandra'], { cassandra: { port: 9999, keyspace: 'warmth', table: 'degree', byDay: 'degree_by_day' } }),
  host('c02', ['cassandra', 'collector']),
]

const backends = (of: Host, hosts: Fleet, given: object = {}) => {
  const vars = collectorVars.parse(given)
  return parseConfig(collectorConfig(of, targetsOf(of, offersOf(hosts, roles, varsOf), vars), vars), 'x', registered).backends
}

describe('where a collector sends', () => {
  test('to each kind of database the fleet has', () => {
    expect(backends(producer, fleet(producer, mysql))).toMatchObject([
      {
        type: 'mariadb',
        hosts: ['10.0.0.5'],
        user: 'collector-producer',
        table: 'own_reading',
        passwordFile: 'mariadb-password',
        tls: { ca: '/etc/collector/ca.pem', name: 'mysql' },
      },
    ])
    expect(backends(producer, fleet(producer, ...ring))).toMatchObject([
      {
        type: 'cassandra',
        hosts: ['10.0.0.2', '10.0.0.3'],
        port: 9999,
        keyspace: 'warmth',
        table: 'degree',
        byDay: 'degree_by_day',
        user: 'collector-producer',
        passwordFile: 'cassandra-password',
        datacenter: 'dc1',
      },
    ])
    expect(backends(producer, fleet(mysql, producer, ...ring)).map(({ type }) => type)).toEqual(['mariadb', 'cassandra'])
  })

  test('to a ring over TLS from the step on at which every node takes it', () => {
    const at = (tls: string) => backends(producer, fleet(producer, host('c1', ['cassandra'], { cassandra: { tls } })))[0]
    for (const tls of ['off', 'accept']) expect(at(tls)).not.toHaveProperty('tls')
    for (const tls of ['prefer', 'require']) expect(at(tls)).toMatchObject({ tls: { ca: '/etc/collector/ca.pem', names: ['10.0.0.2'] } })
  })

  test('to a cluster of Kafka over TLS, all of its brokers, with an account of its own', () => {
    const brokers = [host('k1', ['kafka'], { kafka: { topic: 'warmth', port: 9099 } }), host('k02', ['kafka'])]
    expect(backends(producer, fleet(producer, ...brokers))).toMatchObject([
      {
        type: 'kafka',
        hosts: ['10.0.0.2:9099', '10.0.0.3:9092'],
        topic: 'warmth',
        user: 'producer.producer',
        passwordFile: 'kafka-password',
        tls: { ca: '/etc/collector/ca.pem', names: ['10.0.0.2', '10.0.0.3'] },
      },
    ])
    expect(backends(producer, fleet(producer, mysql, ...brokers)).map(({ type }) => type)).toEqual(['mariadb', 'kafka'])
    expect(backends(producer, fleet(producer, mysql, ...brokers), { backends: ['kafka'] }).map(({ type }) => type)).toEqual(['kafka'])
  })

  test('to AWS IoT as its own thing, where it is one, and without a password', () => {
    const thing = host('thing', ['awsiot', 'collector'])
    const other = host('other1', ['awsiot', 'collector'])
    const all = fleet(other, thing, producer, mysql)
    expect(backends(thing, all, { backends: ['awsiot'] })).toMatchObject([
      { type: 'awsiot', thing: 'thing', folder: '/etc/awsiot', topic: 'temperature/{thing}/reading', hosts: [] },
    ])
    expect(backends(thing, all).map(({ type }) => type)).toEqual(['awsiot', 'mariadb'])
    expect(backends(producer, all).map(({ type }) => type)).toEqual(['mariadb'])
    expect(() => backends(producer, all, { backends: ['awsiot'] })).toThrow(/no host of the fleet stores readings in awsiot/)
    const vars = collectorVars.parse({})
    expect(passwordsOf(targetsOf(thing, offersOf(all, roles, varsOf), vars))).toEqual([
      { file: 'mariadb-password', secret: expect.stringContaining('thing') },
    ])
  })

  test('or to those it is told, in that order', () => {
    expect(backends(producer, fleet(mysql, producer, ...ring), { backends: ['cassandra', 'mariadb'] }).map(({ type }) => type)).toEqual([
      'cassandra',
      'mariadb',
    ])
    expect(backends(producer, fleet(mysql, producer, ...ring), { backends: ['mariadb'] }).map(({ type }) => type)).toEqual(['mariadb'])
  })

  test('of several of a kind, to the first or the one that is named', () => {
    const other = { ...mysql, name: 'other', address: '10.0.0.77' }
    expect(backends(producer, fleet(producer, mysql, other))[0]?.hosts).toEqual(['10.0.0.5'])
    expect(backends(producer, fleet(producer, mysql, other, ...ring), { store: 'other' }).map(({ hosts }) => hosts)).toEqual([
      ['10.0.0.77'],
      ['10.0.0.2', '10.0.0.3'],
    ])
  })

  test('a node sends to its own address, for it does not listen on another', () => {
    expect(backends(ring[1]!, fleet(...ring))[0]?.hosts).toEqual(['10.0.0.2', '10.0.0.3'])
    expect(backends({ ...mysql, roles: ['mariadb', 'collector'] }, fleet(mysql))[0]?.hosts).toEqual(['127.0.0.1'])
  })

  test('IPv6 addresses are in brackets, and the agent takes them', () => {
    const six = (host: Host, address: string): Host => ({ ...host, address })
    expect(backends(producer, fleet(producer, six(mysql, 'fd00::90'), six(ring[0]!, 'fd00::19'))).map(({ hosts }) => hosts)).toEqual([
      ['[fd00::90]'],
      ['[fd00::19]'],
    ])
  })

  test('to a store of any kind that a role offers: none is known by name', () => {
    const desk = role('desk', {
      vars: z.object({}),
      memory: () => ({}),
      *desired() {
        /* nothing */
      },
      *offers() {
        yield offer(readings, {
          kind: 'paper' as never,
          tls: false,
          secret: ({ name }) => `desk/${name}`,
          backend: () => ({ type: 'paper', sheet: '/sheet', passwordFile: 'paper-password' }) as never,
        })
      },
    })
    const hosts = fleet(producer, host('office', ['desk']))
    const offered = offersOf(hosts, { ...roles, desk }, varsOf)
    expect(targetsOf(producer, offered, {})).toMatchObject([
      {
        host: { name: 'office' },
        role: 'desk',
        backend: { type: 'paper', sheet: '/sheet', passwordFile: 'paper-password' },
        secret: 'desk/producer',
        tls: false,
      },
    ])
    const text = collectorConfig(producer, targetsOf(producer, offered, {}), collectorVars.parse({}))
    expect(parseConfig(text, 'x', [paper]).backends).toMatchObject([{ type: 'paper', name: 'paper', sheet: '/sheet' }])
  })

  test.each([
    [[], {}, 'no host of the fleet stores readings'],
    [[mysql], { backends: ['cassandra'] }, 'no host of the fleet stores readings in cassandra'],
    [ring, { backends: ['mariadb', 'cassandra'] }, 'no host of the fleet stores readings in mariadb'],
    [[mysql, ...ring], { store: 'producer' }, 'the host producer stores no readings'],
  ])('nowhere is refused, with what to do: %#', (others, vars, message) => {
    const attempt = (): unknown => backends(producer, fleet(producer, ...others), vars)
    expect(attempt).toThrow(Failed)
    expect(attempt).toThrow(message)
  })
})

test('each database’s password is a secret file of its own, and a credential', () => {
  const context = {
    host: producer,
    fleet: fleet(producer, mysql, ...ring),
    facts: {} as Facts,
    vars: collectorVars.parse({}),
    prepared: {
      bundle: { path: fileURLToPath(import.meta.url), sha256: '', bytes: 0 },
      authority: { certificate: 'the CA', issue: () => Promise.resolve(''), revoked: [], revoke: () => Promise.resolve('') },
    },
    secret: (name: string) => `value-of-${name}`,
    offered: offersOf(fleet(producer, mysql, ...ring), roles, varsOf),
    kept: nothingKept,
  }
  const resources = collect(collector.desired(context))
  expect(resources.map(nameOf)).toEqual([
    'command 10.0.0.8 is an address of this Pi',
    'apt nodejs',
    'file /opt/collector/collect.cjs',
    'user collector',
    'file /etc/collector/mariadb-password',
    'file /etc/collector/cassandra-password',
    'file /etc/collector/ca.pem',
    'file /etc/collector/config.json',
    'file /etc/systemd/system/collector.service',
    'file /usr/local/bin/collect',
    'service collector',
  ])
  const spec = (path: string): string => JSON.stringify(resources.find(resource => nameOf(resource) === `file ${path}`)?.spec)
  expect(spec('/etc/collector/cassandra-password')).toContain('value-of-cassandra/collector/producer')
  expect(spec('/etc/collector/cassandra-password')).toContain('"secret":true')
  expect(spec('/etc/collector/mariadb-password')).toContain('value-of-mariadb/collector/producer')
  expect(spec('/etc/collector/ca.pem')).toContain('the CA')
  expect(spec('/etc/systemd/system/collector.service')).toContain('LoadCredential=cassandra-password:/etc/collector/cassandra-password')
  expect(resources.filter(resource => JSON.stringify(resource.spec).includes('value-of-'))).toHaveLength(2)
})
