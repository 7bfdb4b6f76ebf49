import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { execa } from 'execa'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildProgram } from '../../engine/programs/index.ts'
import { askedText, claim, login, statement, type Asked } from '../../roles/cassandra/cql/asked.ts'
import { figuresEntry } from '../../roles/cassandra/figures/index.ts'
import { pastQuestion } from '../../roles/cassandra/past.ts'
import { readingTables } from '../../roles/cassandra/tables/readings.ts'
import { createTable } from '../../roles/cassandra/tables/table.ts'
import { cassandraVars } from '../../roles/cassandra/vars.ts'
import { cqlMap, cqlName, cqlText } from '../../roles/cassandra/cql/literals.ts'
import { cassandraKit, CassandraNode, cassandraPossible, destroyRing, type CassandraKit } from './collector-support/cassandra-node.ts'

const address = '127.0.0.62'
// What CQL makes something of, and anything else.
const nasty = fc.string({
  minLength: 1,
  maxLength: 24,
  unit: fc.oneof(
    fc.constantFrom("'", '"', ';', ' ', '\n', '\\', '$', '-', '/', '*', '?', ':', '\0'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
})

describe.runIf(cassandraPossible)('cql with a real node', { timeout: 60_000 }, () => {
  let kit: CassandraKit
  let node: CassandraNode
  let settings: string
  let program: string

  const run = (asked: readonly Asked[] | string, ...flags: readonly string[]) =>
    execa(process.execPath, [program, '--json', ...flags], {
      input: typeof asked === 'string' ? asked : askedText(asked),
      env: { CQL_SETTINGS: settings },
      reject: false,
    })
  const rows = async (asked: readonly Asked[] | string): Promise<Record<string, unknown>[]> => {
    const { stdout, stderr, exitCode } = await run(asked)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    return stdout
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Record<string, unknown>)
  }

  beforeAll(async () => {
    ;({ path: program } = await buildProgram(join(import.meta.dirname, '../../roles/cassandra/cql/cql.ts')))
    kit = await cassandraKit([address])
    node = new CassandraNode(kit, address, address, [0n])
    await node.start()
    settings = join(kit.directory, 'cql.json')
    writeFileSync(settings, JSON.stringify({ host: address, port: node.port, user: 'fleet', password: 'secret' }))
    await rows([
      claim('fleet', 'secret'),
      statement(`CREATE KEYSPACE t WITH replication = ${cqlMap({ class: 'NetworkTopologyStrategy', dc1: '1' })}`),
      statement('CREATE TABLE t.words (word text PRIMARY KEY, said text)'),
    ])
  }, 180_000)

  afterAll(async () => {
    if (kit) await destroyRing(kit, node ? [node] : [])
  })

  it('figures of the ring: alone it owns all rows, and no stream stands still', async () => {
    const { path } = await buildProgram(figuresEntry)
    const told = await execa(process.execPath, [path], { env: { CQL_SETTINGS: settings }, reject: false })
    expect(told).toMatchObject({ exitCode: 0, stderr: '' })
    expect(told.stdout).toMatch(/^cassandra_owned_ratio 1\.0000$/m)
    expect(told.stdout).toMatch(/^cassandra_stream_still_seconds 0$/m)
  })

  it('with --all tells what all copies know, and fails where one of them is not there', async () => {
    // It warns that there are fewer nodes than copies.
    expect(
      await run([statement(`CREATE KEYSPACE two WITH replication = ${cqlMap({ class: 'NetworkTopologyStrategy', dc1: '2' })}`)]),
    ).toMatchObject({ exitCode: 0 })
    await rows([
      statement('CREATE TABLE two.words (word text PRIMARY KEY)'),
      statement(`INSERT INTO two.words (word) VALUES ('a')`),
      statement(`INSERT INTO t.words (word) VALUES ('a')`),
    ])
    const told = async (table: string, ...flags: string[]) => {
      const { stdout, exitCode } = await run([statement(`SELECT word FROM ${table} WHERE word = 'a'`)], ...flags)
      return [exitCode, stdout]
    }
    expect(await told('two.words')).toEqual([0, '{"word":"a"}'])
    expect(await told('t.words', '--all')).toEqual([0, '{"word":"a"}'])
    expect((await told('two.words', '--all'))[0]).not.toBe(0)
    await rows([statement('DROP KEYSPACE two'), statement('TRUNCATE t.words')])
  })

  it('tells what was measured by location and step, from the table by day', async () => {
    const vars = cassandraVars.parse({ keyspace: 't', byDay: 'past' })
    const at = (text: string) => Date.parse(text) / 1000
    const span = { from: at('2026-03-28T23:00:00Z'), to: at('2026-03-29T01:00:00Z'), step: 600 }
    const strange = `O'Brien "x" ?`
    const [, byDay] = readingTables(vars)
    const reading = (date: string, value: number) =>
      statement(
        `INSERT INTO t.past (reading_location, reading_day, reading_date, reading_value) VALUES (?, '${date.slice(0, 10)}', '${date}', ${value})`,
        strange,
      )
    await rows([
      createTable('t', byDay!),
      reading('2026-03-28T22:59:59.999Z', 99),
      reading('2026-03-28T23:00:00.000Z', 20),
      reading('2026-03-28T23:09:59.999Z', 22),
      reading('2026-03-29T00:30:00.000Z', 30),
      reading('2026-03-29T01:00:00.000Z', 99),
    ])
    const past = pastQuestion(vars)
    const cql = `env CQL_SETTINGS=${settings} ${process.execPath} ${program}`
    const text = past.ask(span, [strange, 'nobody']).replace('/usr/local/bin/cql', cql)
    const { stdout, exitCode } = await execa('bash', ['-c', text])
    expect(exitCode).toBe(0)
    expect(past.read(stdout, span)).toEqual([
      {
        location: strange,
        means: [
          [span.from, 21],
          [at('2026-03-29T00:30:00Z'), 30],
        ],
      },
    ])
    const refused = await execa('bash', ['-c', text.replaceAll('past', 'gone')], { reject: false })
    expect(refused.exitCode).not.toBe(0)
    expect(() => past.read(refused.stdout, span)).toThrow('did not tell all')
  })

  it('binds what stands for a `?`: no text is part of a statement', async () => {
    const words = [...new Set(fc.sample(nasty, { numRuns: 60, seed: 11 }))]
    await rows(words.map(word => statement('INSERT INTO t.words (word, said) VALUES (?, ?)', word, word)))
    const found = await rows([statement('SELECT word, said FROM t.words WHERE word IN ?', words)])
    expect(new Set(found.map(({ word }) => word))).toEqual(new Set(words))
    expect(found.every(({ word, said }) => word === said)).toBe(true)
  })

  it('writes as literals what cannot be bound: texts, names and maps stay as they are', async () => {
    const words = fc.sample(nasty, { numRuns: 30, seed: 12 })
    await rows('TRUNCATE t.words')
    await rows(words.map(word => statement(`INSERT INTO t.words (word, said) VALUES (${cqlText(word)}, ${cqlText(word)})`)))
    expect(new Set((await rows('SELECT word FROM t.words')).map(({ word }) => word))).toEqual(new Set(words))
    for (const name of words.slice(0, 8)) {
      // What the server takes for a column's name it gives back.
      const [row] = await rows([statement(`SELECT word AS ${cqlName(name)} FROM t.words LIMIT 1`)])
      expect(Object.keys(row ?? {})).toEqual([name])
    }
  })

  it('prints every type as JSON and as text', async () => {
    await rows(
      `CREATE TYPE t.point (x int, y int);
       CREATE TABLE t.types (k int PRIMARY KEY, a bigint, b blob, c boolean, d date, e decimal, f duration, g inet, h frozen<list<bigint>>, i map<text, int>,
         j set<uuid>, l smallint, m time, n timestamp, o tinyint, p frozen<tuple<text, timestamp>>, q varint, r frozen<point>, s float, u double, v inet, w text);
       INSERT INTO t.types (k, a, b, c, d, e, f, g, h, i, j, l, m, n, o, p, q, r, s, u, v) VALUES (1, 9007199254740993, 0x00ff, true, '2024-02-29', 1.50, 1h30m,
         '10.0.0.1', [9007199254740993], {'a': 1}, {50554d6e-29bb-11e5-b345-feff819cdc9f}, -3, '08:30:00.5', '2024-01-01T12:00:00.123Z', 4,
         ('a', '2024-01-01'), 123456789012345678901234567890, {x: 1, y: 2}, 0.5, 41.5, 'fe80::1')`,
    )
    expect(await rows('SELECT * FROM t.types')).toEqual([
      {
        k: 1,
        a: '9007199254740993',
        b: '0x00ff',
        c: true,
        d: '2024-02-29',
        e: '1.50',
        f: '1h30m',
        g: '10.0.0.1',
        h: ['9007199254740993'],
        i: { a: 1 },
        j: ['50554d6e-29bb-11e5-b345-feff819cdc9f'],
        l: -3,
        m: '08:30:00.5',
        n: '2024-01-01T12:00:00.123Z',
        o: 4,
        p: ['a', '2024-01-01T00:00:00.000Z'],
        q: '123456789012345678901234567890',
        r: { x: 1, y: 2 },
        s: 0.5,
        u: 41.5,
        v: 'fe80::1',
        w: null,
      },
    ])
    const { stdout } = await execa(process.execPath, [program, '-e', 'SELECT k, b, i, n, w FROM t.types'], {
      env: { CQL_SETTINGS: settings },
    })
    expect(stdout).toBe('1\t0x00ff\t{"a":1}\t2024-01-01T12:00:00.123Z\tnull')
  })

  it('prints rows of many pages, each once', async () => {
    await rows('CREATE TABLE t.many (k text PRIMARY KEY)')
    const keys = Array.from({ length: 1100 }, (_, index) => String(index))
    await rows(keys.map(key => statement('INSERT INTO t.many (k) VALUES (?)', key)))
    const found = await rows('SELECT k FROM t.many')
    expect(found).toHaveLength(keys.length)
    expect(new Set(found.map(({ k }) => k)).size).toBe(keys.length)
  })

  it('gives all rows to a reader who is slow', async () => {
    const child = spawn(process.execPath, [program, '-e', 'SELECT k FROM t.many'], { env: { CQL_SETTINGS: settings } })
    // Nobody reads while it runs: this thread stands still.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
    const text = (await buffer(child.stdout)).toString()
    expect(text.trim().split('\n')).toHaveLength(1100)
  })

  it('ends at the first statement that fails, and says why; a refusal has a code of its own', async () => {
    const wrong = await run('SELECT nothing FROM t.words; TRUNCATE t.types')
    expect(wrong).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/^cql: .*nothing/) as string })
    expect(await rows('SELECT k FROM t.types')).toHaveLength(1)
    writeFileSync(settings, JSON.stringify({ host: address, port: node.port, user: 'fleet', password: 'wrong' }))
    expect(await run('SELECT key FROM system.local')).toMatchObject({ exitCode: 2 })
    writeFileSync(settings, JSON.stringify({ host: address, port: node.port, user: 'fleet', password: 'secret' }))
  })

  it('logs in once for itself and its first question', async () => {
    const asked = [
      login('fleet', 'secret'),
      statement('SELECT key FROM system.local'),
      statement('SELECT address, port FROM system_views.clients'),
    ]
    const clients = (await rows(asked)).filter(row => 'address' in row)
    // What a client of a whole ring opens beside would be here as well.
    expect(clients).toHaveLength(1)
  })
})
