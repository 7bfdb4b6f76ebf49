import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildProgram } from '../../engine/programs/index.ts'
import { openBackend } from '../../collector/backends/open.ts'
import { tlsSettings, type TlsStep } from '../../roles/cassandra/config/tls.ts'
import { Certificates } from './collector-support/certificates.ts'
import { CassandraNode, cassandraKit, cassandraPossible, destroyRing, type CassandraKit } from './collector-support/cassandra-node.ts'

if (!cassandraPossible) console.warn('SKIPPED: TLS with a real Cassandra: it needs java and mvn')

const addresses = ['127.0.0.21', '127.0.0.22'] as const

describe.skipIf(!cassandraPossible)('a ring over TLS', { timeout: 900_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'cassandra-tls-'))
  const nodes: CassandraNode[] = []
  let kit: CassandraKit
  let fleet: Certificates
  let foreign: Certificates
  const own = new Map<CassandraNode, string>()

  beforeAll(async () => {
    fleet = await Certificates.make(directory, 'home')
    foreign = await Certificates.make(directory, 'foreign')
    kit = await cassandraKit(addresses)
    for (const [index, address] of addresses.entries()) {
      const node = new CassandraNode(kit, address, addresses[0], [index === 0 ? -(2n ** 63n) + 1n : 0n])
      own.set(node, await fleet.of(`node${index}`, [`node${index}`, address]))
      nodes.push(node)
      await node.start()
    }
    const [first] = nodes
    await first!.query(`CREATE KEYSPACE temperature WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 2}`)
    await first!.query(
      'CREATE TABLE temperature.reading (reading_location text, reading_date timestamp, reading_note text, reading_value double, PRIMARY KEY ((reading_location, reading_date)))',
    )
    await first!.query(`ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 2}`)
  }, 600_000)
  afterAll(async () => {
    if (kit) await destroyRing(kit, nodes)
    rmSync(directory, { recursive: true, force: true })
  })

  async function restart(node: CassandraNode, step: TlsStep): Promise<void> {
    await node.stop()
    node.set(tlsSettings(step, { own: own.get(node)!, ca: fleet.ca }))
    node.ca = step === 'require' ? fleet.ca : undefined
    await node.start()
  }

  /** Each node sees all as up and normal. */
  async function whole(): Promise<void> {
    for (const node of nodes) {
      let seen = ''
      for (let second = 0; second < 40; second++) {
        seen = await node.nodetool('status')
        if (seen.match(/^UN /gm)?.length === nodes.length) break
        await sleep(1000)
      }
      expect(seen.match(/^UN /gm), `${node.address} sees\n${seen}`).toHaveLength(nodes.length)
    }
  }

  let at = Date.UTC(2025, 0, 1)
  /** Both copies take a reading through either node: each speaks with the other, in both directions. */
  async function stores(tls: boolean): Promise<void> {
    for (const node of nodes) {
      const backend = openBackend(
        {
          type: 'cassandra',
          name: 'cassandra',
          hosts: [`${node.address}:${node.port}`],
          port: node.port,
          user: 'cassandra',
          keyspace: 'temperature',
          table: 'reading',
          datacenter: 'dc1',
          consistency: 'all',
          inflight: 8,
          batch: 20,
          timeout: 20_000,
          ...(tls && { tls: { ca: fleet.ca } }),
        },
        () => 'cassandra',
      )
      try {
        await backend.connect()
        await backend.store(Array.from({ length: 10 }, () => ({ location: 'p', date: (at += 1000) * 1000, note: '', value: 1 })))
      } finally {
        await backend.close()
      }
    }
  }

  test.for<[TlsStep, TlsStep]>([
    ['off', 'accept'],
    ['accept', 'prefer'],
    ['prefer', 'require'],
    ['require', 'prefer'],
    ['prefer', 'require'],
  ])('goes from %s to %s, a node at a time, and is one ring all the while', async ([from, to]) => {
    for (const node of nodes) {
      await restart(node, to)
      await whole()
      // What producers speak changes with the inventory, once all nodes have made the step before.
      const over = to === 'accept' ? [false] : to === 'prefer' ? (from === 'accept' ? [false, true] : [true]) : [true]
      for (const tls of over) await stores(tls)
    }
  })

  /** What becomes of a connection to a port. */
  const handshake = (port: number, certificate?: string): Promise<string> =>
    new Promise(done => {
      const socket = connect({
        host: addresses[0],
        port,
        ca: fleet.authority.certificate,
        ...(certificate !== undefined && Certificates.read(certificate)),
      })
      // With TLS 1.3 who is refused learns it with the first answer.
      socket.on('secureConnect', () =>
        setTimeout(() => {
          socket.destroy()
          done('taken')
        }, 1500),
      )
      for (const event of ['error', 'end', 'close']) socket.on(event, () => done('refused'))
    })

  test('lets in nobody who cannot show that he is a node of the fleet', async () => {
    const { storage, cql } = kit.ports
    expect(await handshake(storage, await fleet.of('node3', [addresses[0], '127.0.0.1']))).toBe('taken')
    expect(await handshake(storage)).toBe('refused')
    expect(await handshake(storage, await foreign.of('node3', ['127.0.0.1']))).toBe('refused')
    expect(await handshake(cql)).toBe('taken')
  })

  test('cql speaks it with its own node, and only with the one it knows', async () => {
    const { path: program } = await buildProgram(fileURLToPath(new URL('../../roles/cassandra/cql/cql.ts', import.meta.url)))
    const cql = (ca?: string) => {
      writeFileSync(
        join(directory, 'cql.json'),
        JSON.stringify({
          host: addresses[0],
          port: kit.ports.cql,
          ...(ca !== undefined && { ca }),
          user: 'cassandra',
          password: 'cassandra',
        }),
      )
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, '-e', 'SELECT key FROM system.local'], {
        encoding: 'utf8',
        timeout: 30_000,
        env: { ...process.env, CQL_SETTINGS: join(directory, 'cql.json') },
      })
      return { status, said: (stdout + stderr).trim() }
    }
    expect(cql(fleet.ca)).toEqual({ status: 0, said: 'local' })
    expect(cql(foreign.ca)).toMatchObject({ status: 1, said: expect.stringMatching(/certificate/) as unknown })
    expect(cql().status).toBe(1)
  })

  test('a client in clear, or one that trusts another CA, is refused before it logs in', async () => {
    const attempt = async (tls?: { ca: string }): Promise<string> => {
      const [node] = nodes
      const backend = openBackend(
        {
          type: 'cassandra',
          name: 'cassandra',
          hosts: [`${node!.address}:${node!.port}`],
          port: node!.port,
          user: 'cassandra',
          keyspace: 'temperature',
          table: 'reading',
          datacenter: 'dc1',
          consistency: 'localOne',
          inflight: 8,
          batch: 20,
          timeout: 4000,
          ...(tls && { tls }),
        },
        () => 'cassandra',
      )
      try {
        await backend.connect()
        return 'connected'
      } catch (error) {
        const { kind, code } = backend.classify(error)
        return `${kind} ${code}`
      } finally {
        await backend.close()
      }
    }
    expect(await attempt({ ca: fleet.ca })).toBe('connected')
    expect(await attempt({ ca: foreign.ca })).toBe('refused TLS_UNTRUSTED')
    expect(await attempt({ ca: join(directory, 'none.pem') })).toBe('refused CA_FILE')
    expect(await attempt()).toMatch(/^transient /)
  })
})
