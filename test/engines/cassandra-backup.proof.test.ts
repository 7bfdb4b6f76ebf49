import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  folderDepot,
  keepersOf,
  restorePlans,
  restoreSet,
  takeBackup,
  verifySet,
  type BackupContext,
  type BackupSet,
} from '../../engine/backup/index.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import cassandra from '../../roles/cassandra/index.ts'
import { localSession } from './backup-support.ts'
import { cassandraKit, CassandraNode, cassandraPossible, destroyRing, type CassandraKit } from './collector-support/cassandra-node.ts'

const count = 3000
const keyspace = "CREATE KEYSPACE temperature WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}"
const spread = [-6148914691236517206n, 0n, 6148914691236517206n]

describe.runIf(cassandraPossible && process.env['FLEET_LONG_TESTS'])('a backup of a ring', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cassandra-backup-'))
  const inventory = join(folder, 'pi.yaml')
  const depot = folderDepot(join(folder, 'backups'), { inventory, env: { FLEET_IDENTITY: join(folder, 'identity') } })
  let kit: CassandraKit
  let three: CassandraNode[]
  let alone: CassandraNode

  /** A fleet of these nodes; each one's scripts reach its own server. */
  const context = (nodes: Readonly<Record<string, CassandraNode>>): BackupContext => {
    const hosts = Object.keys(nodes).map(
      name => ({ name, address: nodes[name]?.address ?? '', roles: ['cassandra'], vars: {} }) as unknown as Host,
    )
    return {
      fleet: { name: 'home', file: inventory, hosts } as unknown as Fleet,
      roles: { cassandra },
      depot,
      figures: join(folder, 'figures'),
      owner: 'a test',
      open: async host => {
        const node = nodes[host.name]
        if (!node) throw new Error(host.name)
        const tool = join(folder, `nodetool-${host.name}`)
        writeFileSync(tool, `#!/bin/sh\nexec ${node.nodetoolCommand()} "$@"\n`, { mode: 0o755 })
        return localSession(join(folder, host.name), {
          '/usr/local/bin/nodetool': tool,
          // What it would make is there: see below.
          '/usr/local/bin/cql': 'cat >/dev/null',
          '/var/lib/cassandra': join(kit.directory, node.address),
          ' -o cassandra -g cassandra': '',
          'runuser -u cassandra --': '',
        })
      },
      on: () => {},
    }
  }
  const taken = async (of: BackupContext) => takeBackup(of, { keepers: await keepersOf(of), controller: false })
  const restored = async (of: BackupContext, set: BackupSet) => restoreSet(of, set, restorePlans(set, await keepersOf(of)))
  const reader = async (_: string, part: string) => (await cassandra.backup?.())?.reader(part)
  /** All rows of a ring, by number and by one sum over all of them. */
  const rows = async (node: CassandraNode) => {
    const all = await node.query<{ a: string; b: number; w: { toString(): string } }>(
      'SELECT a, b, WRITETIME(b) AS w FROM temperature.reading',
    )
    const lines = all.map(({ a, b, w }) => `${a} ${b} ${w}`).sort()
    return { count: lines.length, sum: createHash('sha256').update(lines.join('\n')).digest('hex') }
  }
  const fleetOfThree = () => context(Object.fromEntries(three.map((node, index) => [`node${index}`, node])))

  beforeAll(async () => {
    const addresses = ['127.0.0.51', '127.0.0.52', '127.0.0.53', '127.0.0.54']
    kit = await cassandraKit(addresses)
    const [first = '', second = '', third = '', other = ''] = addresses
    three = [first, second, third].map((address, index) => new CassandraNode(kit, address, first, [spread[index] ?? 0n]))
    alone = new CassandraNode(kit, other, other, [7n], { cluster_name: 'another' })
    // One after the other: a machine that is busy starts no two in time.
    for (const node of [...three, alone]) await node.start()
    await three[0]?.query(keyspace)
    await three[0]?.query('CREATE TABLE temperature.reading (a text PRIMARY KEY, b int)')
    for (let at = 0; at < count; at += 500)
      await three[0]?.query(
        `BEGIN UNLOGGED BATCH ${Array.from({ length: 500 }, (_, index) => `INSERT INTO temperature.reading (a, b) VALUES ('r${at + index}', ${at + index});`).join(' ')} APPLY BATCH`,
      )
  }, 500_000)
  afterAll(async () => {
    await destroyRing(kit, [...three, alone])
    rmSync(folder, { recursive: true, force: true })
  })

  let set: BackupSet
  test('of three nodes is whole, and its schema makes the table elsewhere', async () => {
    set = await taken(fleetOfThree())
    expect(set.lacks).toEqual([])
    expect(await verifySet(depot, set, reader)).toEqual([])
    expect(set.pieces.map(({ host, name }) => `${host} ${name}`)).toEqual(
      ['node0', 'node1', 'node2'].flatMap(name => [`${name} schema`, `${name} sstables`]),
    )
    const said = await text(await depot.opened(await depot.stored(set.id, 'node0.cassandra.schema')))
    await alone.query(keyspace)
    for (const each of said.replaceAll(/^ *--.*$/gm, '').split(';')) if (each.trim()) await alone.query(each)
  })

  test('goes into a ring of one: counts and sums are equal, also the second time', async () => {
    const before = await rows(three[0] as CassandraNode)
    expect(before.count).toBe(count)
    await restored(context({ other: alone }), set)
    expect(await rows(alone)).toEqual(before)
    await restored(context({ other: alone }), set)
    expect(await rows(alone)).toEqual(before)
  })

  test('of a keyspace of another name is refused: nothing of it would be taken', async () => {
    const of = context({ other: alone })
    const [host] = of.fleet.hosts
    Object.assign(host?.vars ?? {}, { cassandra: { keyspace: 'another' } })
    await expect(restored(of, set)).rejects.toThrow('it is a backup of the keyspace temperature, and this ring')
  })

  test('of one node goes into a ring of three, each with its own rows alone', async () => {
    const before = await rows(alone)
    const one = await taken(context({ other: alone }))
    await three[0]?.query('TRUNCATE temperature.reading')
    expect((await rows(three[0] as CassandraNode)).count).toBe(0)
    await restored(fleetOfThree(), one)
    expect(await rows(three[2] as CassandraNode)).toEqual(before)
    const own = await Promise.all(three.map(node => node.nodetool('tablestats', 'temperature.reading')))
    const partitions = own.map(said => Number(/Number of partitions \(estimate\): (\d+)/.exec(said)?.[1]))
    expect(partitions.every(each => each > count / 4 && each < count / 2)).toBe(true)
    for (const node of three) expect(readdirSync(join(kit.directory, node.address))).not.toContain('restoring')
  })
})
