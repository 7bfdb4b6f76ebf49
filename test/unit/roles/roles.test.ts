import * as figuring from '../../../roles/cassandra/figures/work.ts'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { registered } from '../../../collector/backends/registry.ts'
import { parseConfig } from '../../../collector/config.ts'
import type { Facts } from '../../../engine/facts.ts'
import { loadFleet } from '../../../engine/inventory/load.ts'
import type { Host } from '../../../engine/inventory/types.ts'
import { collect, join } from '../../../engine/plan/desired.ts'
import { nameOf, type AnyResource } from '../../../engine/resources/index.ts'
import { offersOf } from '../../../engine/offer.ts'
import { rolesOf, usesOf, varsOf } from '../../../engine/run/resolve.ts'
import { hostsFile } from '../../../roles/base/hosts-file.ts'
import { collectorConfig } from '../../../roles/collector/config.ts'
import { cassandraVars } from '../../../roles/cassandra/vars.ts'
import { targetsOf } from '../../../roles/collector/targets.ts'
import { collectorVars } from '../../../roles/collector/vars.ts'
import { registry } from '../../../roles/index.ts'
import { nothingKept } from './kept.ts'

const roles = await registry.all()

const project = fileURLToPath(new URL('../../../', import.meta.url))
const lab = await loadFleet(path.join(project, 'hosts/lab.yaml'), registry)
const authority = {
  certificate: '-----BEGIN CERTIFICATE-----',
  issue: () => Promise.resolve(''),
  revoked: [],
  revoke: () => Promise.resolve(''),
}
const bundle = { path: fileURLToPath(import.meta.url), sha256: '', bytes: 0 }
const prepared: Readonly<Record<string, unknown>> = { mariadb: authority, collector: { bundle, authority } }
const host = (name: string): Host => lab.hosts.find(each => each.name === name) ?? (lab.hosts[0] as Host)
const facts: Facts = {
  release: 'bookworm',
  architecture: 'armhf',
  kernel: '6.6',
  hostname: 'x',
  model: 'Raspberry Pi 2 Model B Rev 1.1',
  cores: 4,
  memory: 2 ** 30,
  memoryAvailable: 2 ** 30,
  swap: 0,
  disks: [{ path: '/', mount: '/', size: 2 ** 35, free: 2 ** 33 }],
  bootId: '',
  container: false,
  thermal: {},
}

const offered = offersOf(lab, roles, varsOf)

function desired(of: Host, name: string): AnyResource[] {
  const role = rolesOf(of, roles).find(each => each.name === name)
  if (!role) throw new Error(`no role ${name}`)
  return collect(
    role.desired({
      host: of,
      fleet: lab,
      facts,
      vars: varsOf(role, of),
      prepared: prepared[name],
      secret: (secret: string) => `value-of-${secret}`,
      offered,
      kept: nothingKept,
    }),
  )
}

test.each([
  [
    'mysql',
    'base',
    [
      'command hostname',
      'block /etc/hosts',
      'apt systemd-timesyncd',
      'service systemd-timesyncd',
      'file /etc/systemd/journald.conf.d/60-fleet.conf',
      'service systemd-journald',
      'command card as usual',
    ],
  ],
  [
    'mysql',
    'mariadb',
    [
      'command 10.77.0.90 is an address of this Pi',
      'file /etc/mysql/mariadb.conf.d/60-pi.cnf',
      'file /etc/systemd/system/mariadb.service.d/fleet.conf',
      'apt mariadb-server mariadb-backup openssl',
      'command mariadb data directory',
      'certificate /etc/mysql/tls/server.pem',
      'file /etc/mysql/tls/ca.pem',
      'file /etc/mysql/mariadb.conf.d/61-tls.cnf',
      'service mariadb',
      'no file /etc/mysql/provision-root.cnf',
      'mariadb table temperature.reading',
      'mariadb account collector-producer1',
      'mariadb account collector-producer2',
      'mariadb account collector and others that go',
      'mariadb account sink-kafka1',
      'mariadb account sinks that go',
      'mariadb account jobs that go',
      'mariadb account prometheus',
      'file /etc/prometheus/mysqld-exporter.cnf',
      'command 10.77.0.90 is an address of this Pi',
      'file /etc/default/prometheus-mysqld-exporter',
      'file /etc/systemd/system/prometheus-mysqld-exporter.service.d/fleet.conf',
      'apt prometheus-mysqld-exporter',
      'service prometheus-mysqld-exporter',
    ],
  ],
  [
    'mysql',
    'exporters',
    [
      'file /usr/local/lib/provision/pi-figures',
      'file /etc/systemd/system/pi-figures.service',
      'service pi-figures',
      'command figures of the Pi where the node exporter reads',
      'command 10.77.0.90 is an address of this Pi',
      'file /etc/default/prometheus-node-exporter',
      'file /etc/systemd/system/prometheus-node-exporter.service.d/fleet.conf',
      'apt prometheus-node-exporter',
      'service prometheus-node-exporter',
    ],
  ],
  [
    'producer1',
    'exporters',
    [
      'file /usr/local/lib/provision/pi-figures',
      'file /etc/systemd/system/pi-figures.service',
      'service pi-figures',
      'command figures of the Pi where the node exporter reads',
      'command 10.77.0.21 is an address of this Pi',
      'file /etc/default/prometheus-node-exporter',
      'file /etc/systemd/system/prometheus-node-exporter.service.d/fleet.conf',
      'apt prometheus-node-exporter',
      'service prometheus-node-exporter',
    ],
  ],
  [
    'producer1',
    'collector',
    [
      'command 10.77.0.21 is an address of this Pi',
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
    ],
  ],
])('%s as %s', (name, role, resources) => {
  expect(desired(host(name), role).map(nameOf)).toEqual(resources)
})

test('a Pi whose address is a name learns it before anything listens on it', () => {
  const named = { ...host('producer1'), address: 'producer1.local' }
  expect(desired(named, 'exporters').map(nameOf).slice(4, 6)).toEqual([
    'file /usr/local/lib/provision/own-address',
    'command producer1.local is an address of this Pi',
  ])
})

test('MariaDB restarts for its certificate, which is for its name and address; each producer has a password of its own', () => {
  const resources = desired(host('mysql'), 'mariadb')
  const certificate = resources.find(resource => nameOf(resource) === 'certificate /etc/mysql/tls/server.pem')
  expect(certificate?.spec).toMatchObject({ subject: 'mysql', names: ['10.77.0.90', 'mysql'], owner: 'mysql' })
  expect(resources.find(resource => nameOf(resource) === 'service mariadb')?.on).toContain(certificate)
  const accounts = resources
    .map(({ spec }) => spec as { user?: string; proof?: object; tls?: boolean })
    .filter(({ user }) => user?.startsWith('collector-'))
  expect(accounts).toMatchObject(
    ['producer1', 'producer2'].map(name => ({
      user: `collector-${name}`,
      tls: true,
      proof: { password: `value-of-mariadb/collector/${name}` },
      on: { table: 'own_reading' },
    })),
  )
})

test('a network one trusts: no certificate, nothing of the CA', async () => {
  const trusting = { ...lab, hosts: lab.hosts.map(each => ({ ...each, vars: { ...each.vars, mariadb: { tls: false } } })) }
  const trusted = offersOf(trusting, roles, varsOf)
  const mysql = trusting.hosts.find(({ name }) => name === 'mysql') as Host
  const role = roles['mariadb']
  expect(
    await role?.prepare?.({
      vars: varsOf(role, mysql),
      fleet: trusting,
      offered: trusted,
      kept: nothingKept,
      authority: () => Promise.reject(new Error('made')),
    }),
  ).toBeUndefined()
  const resources = collect(
    role!.desired({
      host: mysql,
      fleet: trusting,
      facts,
      vars: varsOf(role!, mysql),
      prepared: undefined,
      secret: () => 'x',
      offered: trusted,
      kept: nothingKept,
    }),
  )
  expect(resources.map(nameOf).filter(name => /certificate|openssl/.test(name))).toEqual([])
  expect(JSON.stringify(resources.find(resource => nameOf(resource).endsWith('61-tls.cnf'))?.spec)).not.toContain('ssl_')
  const producer1 = trusting.hosts.find(({ name }) => name === 'producer1') as Host
  expect(JSON.parse(collectorConfig(producer1, targetsOf(producer1, trusted, {}), collectorVars.parse({})))).not.toHaveProperty(
    'backends.0.tls',
  )
})

test('a node known by name in a ring of numbers, and its exporters, agree about its address', () => {
  const named = {
    ...host('producer1'),
    address: 'node.local',
    roles: ['cassandra', 'exporters'],
    vars: { cassandra: cassandraVars.parse({}) },
  }
  const all = { ...lab, hosts: [...lab.hosts.filter(({ name }) => name !== named.name), named] }
  const wanted = ['cassandra', 'exporters'].flatMap(name => {
    const role = rolesOf(named, roles).find(each => each.name === name)
    const prepared = { cql: bundle, figures: bundle, figuring, server: bundle, path: bundle.path, sha256: '' }
    return role
      ? collect(
          role.desired({
            host: named,
            fleet: all,
            facts: { ...facts, architecture: 'arm64' },
            vars: varsOf(role, named),
            prepared,
            secret: () => 'x',
            offered,
            kept: nothingKept,
          }),
        ).map(resource => ({ role: name, resource }))
      : []
  })
  const names = join(wanted).map(({ resource }) => nameOf(resource))
  expect(names.filter(name => name.includes('node.local'))).toEqual([
    'command node.local is an address of this Pi (IPv4)',
    'command node.local is an address of this Pi',
  ])
  expect(names.filter(name => name.endsWith('own-address'))).toHaveLength(1)
  expect(names.indexOf('command clients are let in from the network')).toBeGreaterThan(names.indexOf('cassandra schema temperature'))
})

test('another time daemon that is there is kept, and none is installed beside it', () => {
  const base = rolesOf(host('mysql'), roles).find(each => each.name === 'base')
  const wanted = base
    ? collect(
        base.desired({
          host: host('mysql'),
          fleet: lab,
          facts: { ...facts, timeDaemon: 'chrony' },
          vars: varsOf(base, host('mysql')),
          prepared: undefined,
          secret: () => '',
          offered,
          kept: nothingKept,
        }),
      )
    : []
  expect(wanted.map(nameOf).filter(name => /chrony|timesyncd/.test(name))).toEqual(['service chrony'])
})

test('each password is in one file, which is secret, and nowhere else', () => {
  const holding = desired(host('producer1'), 'collector').filter(resource => JSON.stringify(resource.spec).includes('value-of-'))
  expect(holding.map(resource => resource.spec as unknown)).toEqual(
    ['mariadb', 'cassandra'].map(
      name => expect.objectContaining({ path: `/etc/collector/${name}-password`, mode: '0600', secret: true }) as unknown,
    ),
  )
})

test('the agent takes the config, and it sends to the databases of the fleet', () => {
  const config = parseConfig(
    collectorConfig(
      host('producer1'),
      targetsOf(host('producer1'), offered, { backends: ['mariadb', 'cassandra'] }),
      collectorVars.parse({ interval: 20 }),
    ),
    'config.json',
    registered,
  )
  expect(config).toMatchObject({
    location: 'producer1',
    interval: 20,
    backends: [
      {
        type: 'mariadb',
        hosts: ['10.77.0.90'],
        port: 3306,
        user: 'collector-producer1',
        database: 'temperature',
        table: 'own_reading',
        tls: { ca: '/etc/collector/ca.pem', name: 'mysql' },
      },
      { type: 'cassandra', hosts: ['10.77.0.19', '10.77.0.20'], port: 9042, keyspace: 'temperature' },
    ],
  })
})

test('every host of the fleet is in /etc/hosts, once, and names of the user’s own', () => {
  const text = hostsFile('mysql', lab, { printer: '10.0.0.9' })
  for (const { address, name } of lab.hosts) expect(text.split('\n').filter(line => line === `${address} ${name}`)).toHaveLength(1)
  expect(text).toContain('127.0.1.1 mysql\n')
  expect(text).toContain('10.0.0.9 printer\n')
})

test('every role says what it will hold in memory, in whole bytes', () => {
  for (const each of lab.hosts)
    for (const { parts: all } of usesOf(each, facts, roles)) {
      const parts = Object.values(all)
      expect(parts.every(part => Number.isInteger(part) && part > 0)).toBe(true)
    }
})
