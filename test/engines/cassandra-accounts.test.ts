import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildProgram } from '../../engine/programs/index.ts'
import { writerOf, writersCql } from '../../roles/cassandra/producers.ts'
import { askedText, claim, login, type Asked } from '../../roles/cassandra/cql/asked.ts'
import { cassandraKit, CassandraNode, cassandraPossible, destroyRing, type CassandraKit } from './collector-support/cassandra-node.ts'

const address = '127.0.0.61'

describe.runIf(cassandraPossible)('accounts of a real node', () => {
  let kit: CassandraKit
  let node: CassandraNode
  let settings: string
  let program: string

  const write = (password: string, file = settings) =>
    writeFileSync(file, JSON.stringify({ host: address, port: node.port, user: 'fleet', password }))
  const cql = async (asked: string | readonly Asked[], file = settings) => {
    const { stdout, stderr, exitCode } = await execa(process.execPath, [program, '--json'], {
      input: typeof asked === 'string' ? asked : askedText(asked),
      env: { CQL_SETTINGS: file },
      reject: false,
      timeout: 60_000,
    })
    return {
      code: exitCode,
      rows: stdout
        .split('\n')
        .filter(line => line.startsWith('{'))
        .map(line => JSON.parse(line) as Record<string, unknown>),
      said: stderr,
    }
  }
  const mayLogIn = async (user: string, password: string) => (await cql([login(user, password)])).rows[0]?.['ok']
  const claimed = async (password: string) => expect(await cql([claim('fleet', password)])).toMatchObject({ code: 0, said: '' })
  /** A node remembers logins for a moment. */
  const forgotten = () => new Promise(done => setTimeout(done, 300))

  beforeAll(async () => {
    ;({ path: program } = await buildProgram(join(import.meta.dirname, '../../roles/cassandra/cql/cql.ts')))
    kit = await cassandraKit([address])
    node = new CassandraNode(kit, address, address, [0n])
    await node.start()
    settings = join(kit.directory, 'cql.json')
    write('it\'s; one "two" \\ three')
  })

  afterAll(() => destroyRing(kit, [node]))

  it('takes a superuser with any password, and nobody by the default one', async () => {
    await claimed('it\'s; one "two" \\ three')
    expect(await mayLogIn('fleet', 'it\'s; one "two" \\ three')).toBe(true)
    await forgotten()
    expect(await mayLogIn('cassandra', 'cassandra')).toBe(false)
    expect((await cql('SELECT cluster_name FROM system.local')).rows).toHaveLength(1)
  })

  it('takes what producers log in with as it is', async () => {
    await cql("CREATE KEYSPACE temperature WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '1'}")
    await cql('CREATE TABLE temperature.reading (a text PRIMARY KEY)')
    const rights = { keyspace: 'temperature', tables: ['reading'], read: false }
    const passwords = [
      "'",
      "''; DROP KEYSPACE temperature; --",
      ' a  b ',
      '"',
      ';',
      '$$',
      '/* x',
      '-- x',
      '\\n',
      'a\nb\n.\nc',
      'ß€😀',
      'x'.repeat(72),
      ...fc.sample(
        fc.string({ minLength: 1, maxLength: 24, unit: 'grapheme' }).filter(text => !text.includes('\0')),
        { numRuns: 8, seed: 7 },
      ),
    ]
    for (const password of passwords) {
      const seen = { hashes: new Map([['collector-it', '']]), rights: new Map(), connected: new Set<string>() }
      const of = password === passwords[0] ? undefined : seen
      const said = await cql(writersCql([writerOf('collector-it', password, 'a salt')], rights, of))
      expect(said, password).toMatchObject({ code: 0 })
      await forgotten()
      expect(await mayLogIn('collector-it', password), password).toBe(true)
    }
    expect(await mayLogIn('collector-it', 'another')).toBe(false)
    expect((await cql("SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = 'temperature'")).rows).toHaveLength(1)
  })

  it('with five copies of accounts on one node: the superuser gets a new password, a role another one, and at once', async () => {
    expect((await cql("ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '5'}")).code).toBe(0)
    writeFileSync(`${settings}.before`, `${JSON.stringify({ user: 'fleet', password: 'it\'s; one "two" \\ three' })}\n`)
    write('later one')
    const began = Date.now()
    await claimed('later one')
    expect(Date.now() - began).toBeLessThan(15_000)
    expect(await mayLogIn('cassandra', 'cassandra')).toBe(false)
    expect((await cql('ALTER ROLE "collector-it" WITH PASSWORD = \'new\'')).code).toBe(0)
    // Roles are read from their table: the statement for it asks a majority of copies for the default superuser.
    expect((await cql('SELECT role FROM system_auth.roles')).rows).toHaveLength(3)
    expect((await cql('LIST ROLES')).said).toContain('QUORUM')
  })

  it('another member, whose file has the password the ring knows, tells it the new one', async () => {
    const other = join(kit.directory, 'other.json')
    write('later one', other)
    expect(await cql([claim('fleet', 'newest')], other)).toMatchObject({ code: 0 })
    await forgotten()
    expect(await mayLogIn('fleet', 'newest')).toBe(true)
  })

  it('says by its exit code that it was refused, and did not only miss an answer', async () => {
    const stranger = join(kit.directory, 'stranger.json')
    write('unknown', stranger)
    expect(await cql([claim('fleet', 'unknown')], stranger)).toMatchObject({ code: 2 })
    await node.stop()
    expect(await cql([claim('fleet', 'mine')], stranger)).toMatchObject({
      code: 1,
      said: `cql: no node answers on ${address}:${node.port}`,
    })
  })
})
