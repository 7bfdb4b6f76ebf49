import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqlDate } from '../../collector/backends/mariadb/rows.ts'
import { readingTable } from '../../collector/backends/mariadb/table.ts'
import { collectorEntry } from '../../collector/entry.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import type { CollectorConfig } from '../../collector/config.ts'
import type { LoadReport } from '../../collector/load/report.ts'
import { inspectQueue } from '../../collector/queue/inspect.ts'
import type { QueueState } from '../../collector/queue/inspect.ts'
import { readSlice } from '../../collector/queue/segment.ts'
import { createView } from '../../roles/mariadb/own-rows.ts'
import { ownReadings } from '../../roles/mariadb/readings.ts'
import { Certificates } from './collector-support/certificates.ts'
import { freePort } from './collector-support/free-port.ts'
import { AgentProcess, until } from './collector-support/agent-process.ts'
import { MariadbServer, mariadbInstalled } from './collector-support/mariadb-server.ts'

if (!mariadbInstalled) console.warn('SKIPPED: collector with a real MariaDB: there is no mariadbd here (apt-get install mariadb-server)')

const password = 'correct horse'

interface Tally {
  readonly stored: number
  readonly numbers: number
  readonly first: number
  readonly last: number
  readonly inOrder: number
}

describe.skipIf(!mariadbInstalled)('collector with a real MariaDB', { timeout: 180_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'collector-'))
  const agents: AgentProcess[] = []
  let server: MariadbServer
  let bundle: string
  let ca: string

  beforeAll(async () => {
    ;({ path: bundle } = await buildProgram(collectorEntry))
    const fleet = await Certificates.make(directory, 'home')
    ca = fleet.ca
    const certificate = await fleet.of('mysql', ['mysql', '10.0.0.90'])
    server = await MariadbServer.create([`--ssl-cert=${certificate}`, `--ssl-key=${certificate}`])
    await server.query('CREATE DATABASE temperature')
    await server.query(readingTable.replace('reading (', 'temperature.reading ('))
    await server.query(`CREATE USER collector@'127.0.0.1' IDENTIFIED BY '${password}'`)
    await server.query(`GRANT INSERT, SELECT ON temperature.reading TO collector@'127.0.0.1'`)
    // As the role makes them: an account each, over TLS, that sees and makes its own rows.
    await server.query(createView(ownReadings('own_reading'), 'temperature', 'reading').replace(/;$/, ''))
    for (const name of ['pair1', 'pair2', 'victim', 'shared', 'asked', 'stranger', 'load-tls']) {
      await server.query(`CREATE USER 'collector-${name}'@'127.0.0.1' IDENTIFIED BY '${password}' REQUIRE SSL`)
      await server.query(`GRANT INSERT, SELECT ON temperature.own_reading TO 'collector-${name}'@'127.0.0.1'`)
    }
    writeFileSync(join(directory, 'password'), `${password}\n`, { mode: 0o600 })
    writeFileSync(join(directory, 'sensor'), '48312\n')
  }, 120_000)

  afterAll(async () => {
    for (const agent of agents) await agent.end('SIGKILL')
    await server?.destroy()
    rmSync(directory, { recursive: true, force: true })
  })

  /** An agent whose readings carry their number in the queue, which has no gaps: the proof that none is missing. */
  function agent(location: string, change: Partial<CollectorConfig> = {}): AgentProcess {
    const made = new AgentProcess(bundle, directory, {
      location,
      note: '{sequence}',
      rate: 50,
      sensor: join(directory, 'sensor'),
      queue: { directory: join(directory, location) },
      deadLetters: join(directory, `${location}.dead`),
      metrics: { address: '127.0.0.1', port: 0 },
      backends: [own(location)],
      ...change,
    })
    agents.push(made)
    return made
  }

  /** Where a producer of the role sends: to a server that shows that it is `mysql`, as itself. */
  const own = (producer: string): CollectorConfig['backends'][number] => ({
    type: 'mariadb',
    hosts: [`127.0.0.1:${server.port}`],
    user: `collector-${producer}`,
    passwordFile: join(directory, 'password'),
    table: 'own_reading',
    tls: { ca, name: 'mysql' },
  })

  /**
   * What the table holds of a producer: rows, different numbers, lowest and highest, and rows whose number follows the one of the row
   * before.
   */
  async function tally(location: string): Promise<Tally> {
    const [row] = await server.query<Record<keyof Tally, unknown>>(`
      SELECT COUNT(*) AS stored, COUNT(DISTINCT n) AS numbers, COALESCE(MIN(n), 0) AS first, COALESCE(MAX(n), 0) AS last, COALESCE(SUM(n = previous + 1), 0) AS inOrder
      FROM (SELECT n, COALESCE(LAG(n) OVER (ORDER BY reading_date), 0) AS previous FROM (
        SELECT reading_date, CAST(reading_note AS UNSIGNED) AS n FROM temperature.reading WHERE reading_location = '${location}') AS a) AS b`)
    if (!row) throw new Error('no tally')
    return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, Number(value)])) as unknown as Tally
  }

  /** 1 to `count`, each once, and dated in that order. */
  const exactly = (count: number): Tally => ({ stored: count, numbers: count, first: 1, last: count, inOrder: count })

  test('MariaDB away, then cut off: every reading of two agents at 50/s is in the table once, in order', async () => {
    const pair = [agent('pair1'), agent('pair2')]
    await Promise.all(pair.map(each => each.start()))
    await sleep(2000)
    await server.stop()
    const before = await pair[0]!.metric('collector_stored_total')
    await sleep(8000)
    expect(await pair[0]!.metric('collector_queue_readings')).toBeGreaterThan(100)
    expect(await pair[0]!.metric('collector_backend_up')).toBe(0)
    await server.start()
    await until('deliveries go on', async () => (await pair[0]!.metric('collector_stored_total')) > before + 100)
    await server.stop('SIGKILL')
    await sleep(1000)
    await server.start()
    for (const each of pair) await until('queue is empty', async () => (await each.metric('collector_queue_readings')) <= 1)
    const exits = await Promise.all(pair.map(each => each.end('SIGTERM')))
    expect(exits).toEqual([0, 0])
    for (const location of ['pair1', 'pair2']) {
      // The queue's own count, from its files, is independent of what the agents said.
      const { last, backends } = inspectQueue(join(directory, location), ['mariadb'])
      expect(last).toBeGreaterThan(500)
      expect(backends).toMatchObject([{ length: 0 }])
      expect(await tally(location)).toEqual(exactly(last ?? 0))
    }
  })

  test('kill -9 of an agent, with the database there and away: what it had taken is stored once, numbers go on', async () => {
    const victim = agent('victim')
    await victim.start()
    for (const away of [false, true, false]) {
      if (away) await server.stop()
      await sleep(1500)
      const taken = await victim.metric('collector_readings_total')
      expect(taken).toBeGreaterThan(0)
      await victim.end('SIGKILL')
      if (away) await server.start()
      const { last } = inspectQueue(join(directory, 'victim'), ['mariadb'])
      expect(last).toBeGreaterThanOrEqual(taken)
      await victim.start()
    }
    await until('queue is empty', async () => (await victim.metric('collector_queue_readings')) <= 1)
    expect(await victim.end('SIGTERM')).toBe(0)
    const { last } = inspectQueue(join(directory, 'victim'), ['mariadb'])
    expect(await tally('victim')).toEqual(exactly(last ?? 0))
  })

  test('MariaDB that goes away right after the handshake, three times, does not end the agent', async () => {
    let cuts = 0
    const relay = createServer(client => {
      const behind = connect(server.port, '127.0.0.1')
      const end = (): void => {
        client.destroy()
        behind.destroy()
      }
      for (const socket of [client, behind]) socket.on('error', end).on('close', end)
      behind.on('data', bytes => client.write(bytes))
      client.on('data', bytes => {
        if (cuts === 3 || !bytes.includes('sql_mode')) return void behind.write(bytes)
        cuts++
        end()
      })
    })
    await new Promise<void>(done => {
      relay.listen(0, '127.0.0.1', done)
    })
    try {
      const { port } = relay.address() as AddressInfo
      const shaken = agent('shaken', {
        backends: [{ type: 'mariadb', hosts: [`127.0.0.1:${port}`], passwordFile: join(directory, 'password') }],
      })
      await shaken.start()
      await until('some are stored', async () => (await shaken.metric('collector_stored_total')) > 20)
      expect(cuts).toBe(3)
      expect(await shaken.end('SIGTERM')).toBe(0)
    } finally {
      relay.close()
    }
  })

  test('a backend that refuses does not hold another, and says what to do', async () => {
    writeFileSync(join(directory, 'wrong'), 'wrong')
    const hosts = [`127.0.0.1:${server.port}`]
    const both = agent('both', {
      backends: [
        { type: 'mariadb', name: 'good', hosts, passwordFile: join(directory, 'password') },
        { type: 'mariadb', name: 'bad', hosts, passwordFile: join(directory, 'wrong') },
      ],
    })
    await both.start()
    await until('some are stored', async () => (await both.metric('collector_stored_total')) > 20)
    const metrics = await both.page('/metrics')
    expect(metrics).toContain('collector_errors_total{backend="bad",kind="refused",code="ER_ACCESS_DENIED_ERROR"}')
    expect(metrics).toContain('collector_stored_total{backend="bad"} 0')
    expect(await both.end('SIGTERM')).toBe(0)
    expect(both.log).toContain('the password file must hold the password the database knows')
    expect(both.log).not.toContain(password)
    expect(inspectQueue(join(directory, 'both'), ['good', 'bad']).backends).toMatchObject([
      { length: 0 },
      { length: await tally('both').then(({ last }) => last) },
    ])
  })

  test('a reading the table cannot take goes to the dead letters, the others pass', async () => {
    await server.query('CREATE TABLE temperature.picky LIKE temperature.reading')
    await server.query('ALTER TABLE temperature.picky ADD CONSTRAINT CHECK (CAST(reading_note AS UNSIGNED) % 10 <> 0)')
    await server.query(`GRANT INSERT, SELECT ON temperature.picky TO collector@'127.0.0.1'`)
    const picky = agent('picky', {
      backends: [{ type: 'mariadb', table: 'picky', hosts: [`127.0.0.1:${server.port}`], passwordFile: join(directory, 'password') }],
    })
    await picky.start()
    await until('some are buried', async () => (await picky.metric('collector_dead_letters_total')) >= 3)
    expect(await picky.end('SIGTERM')).toBe(0)
    const { last = 0, backends } = inspectQueue(join(directory, 'picky'), ['mariadb'])
    const [row] = await server.query<{ n: number }>('SELECT COUNT(*) AS n FROM temperature.picky')
    expect(backends).toMatchObject([{ length: 0 }])
    expect(row?.n).toBe(last - Math.floor(last / 10))
  })

  test('a date without fractions: nothing is called stored that is not, and health says why', async () => {
    await server.query(`CREATE TABLE temperature.blunt (reading_location VARCHAR(64) NOT NULL, reading_date DATETIME NOT NULL, reading_note VARCHAR(255) NOT NULL DEFAULT '',
      reading_value DOUBLE NOT NULL, PRIMARY KEY (reading_location, reading_date))`)
    await server.query(`GRANT INSERT, SELECT ON temperature.blunt TO collector@'127.0.0.1'`)
    const blunt = agent('blunt', {
      backends: [{ type: 'mariadb', table: 'blunt', hosts: [`127.0.0.1:${server.port}`], passwordFile: join(directory, 'password') }],
    })
    await blunt.start()
    await until('it is told', async () => (await blunt.page('/metrics')).includes('kind="refused",code="DUPLICATE_WITHOUT_ROW"'))
    const stored = await blunt.metric('collector_stored_total')
    const [row] = await server.query<{ n: number }>('SELECT COUNT(*) AS n FROM temperature.blunt')
    expect(stored).toBe(row?.n)
    expect(await blunt.page('/healthz')).toMatch(/^ill\n[^]*! mariadb: refuses us \(DUPLICATE_WITHOUT_ROW: [^]* another shape/)
    await blunt.end('SIGKILL')
  })

  test('a key that somebody else’s reading has is a dead letter, not a duplicate; the agent’s own rows are found again', async () => {
    const first = agent('shared')
    await first.start()
    await until('some are stored', async () => (await first.metric('collector_stored_total')) > 20)
    await server.stop('SIGKILL')
    await until('some wait', async () => (await first.metric('collector_queue_readings')) > 20)
    await first.end('SIGKILL')
    await server.start()
    // What waits is stored by other hands: every third as it is, every third with another value.
    const waiting = readSlice(join(directory, 'shared', `${'1'.padStart(16, '0')}.seg`), 0, 1e6).records
    const [last] = await server.query<{ date: string }>(
      `SELECT CAST(MAX(reading_date) AS CHAR) AS date FROM temperature.reading WHERE reading_location = 'shared'`,
    )
    const lacking = waiting.filter(({ date }) => sqlDate(date) > (last?.date ?? ''))
    for (const { date, note, value } of lacking
      .filter((_, i) => i % 3 < 2)
      .map((reading, i) => (i % 2 ? { ...reading, value: 99 } : reading)))
      await server.query(`INSERT INTO temperature.reading VALUES ('shared', '${sqlDate(date)}', '${note}', ${value})`)
    const foreign = Math.floor(Math.ceil((lacking.length * 2) / 3) / 2)
    await first.start()
    await until('queue is empty', async () => (await first.metric('collector_queue_readings')) <= 1)
    expect(await first.metric('collector_dead_letters_total')).toBeGreaterThanOrEqual(foreign - 1)
    expect(await first.metric('collector_dead_letters_total')).toBeLessThanOrEqual(foreign + 1)
    expect(await first.page('/healthz')).toContain('KEY_TAKEN: the table has another reading of shared at ')
    expect(await first.end('SIGTERM')).toBe(0)
    const { numbers, last: newest } = await tally('shared')
    expect(numbers).toBe(newest)
  })

  test('a producer under another’s name keeps its readings, and says why', async () => {
    const stranger = agent('pair9', { backends: [own('stranger')] })
    await stranger.start()
    await until('it is told', async () => (await stranger.page('/metrics')).includes('kind="refused",code="ER_VIEW_CHECK_FAILED"'))
    expect(await stranger.page('/healthz')).toMatch(/^ill\n[^]*`location` must be the name its user ends with/)
    expect(await stranger.metric('collector_dead_letters_total')).toBe(0)
    await stranger.end('SIGKILL')
    expect((await tally('pair9')).stored).toBe(0)
  })

  test('the load tool speaks TLS', async () => {
    const words = [
      '--backend',
      'mariadb',
      '--duration',
      '1s',
      '--json',
      '--location',
      'load-tls',
      '--user',
      'collector-load-tls',
      '--table',
      'own_reading',
      '--host',
      `127.0.0.1:${server.port}`,
      '--ca',
      ca,
    ]
    const env = { ...process.env, COLLECT_PASSWORD: password }
    const { stdout } = await promisify(execFile)(process.execPath, [bundle, ...words, '--server-name', 'mysql'], { env })
    expect((await tally('load-tls')).stored).toBe((JSON.parse(stdout) as LoadReport).stored)
    await expect(promisify(execFile)(process.execPath, [bundle, ...words, '--server-name', 'cassandra1'], { env })).rejects.toThrow(
      /cannot show who it is/,
    )
  })

  test('collect queue says what the metric says', async () => {
    const port = await freePort()
    const asked = agent('asked', { metrics: { address: '127.0.0.1', port } })
    await asked.start()
    await until('some are stored', async () => (await asked.metric('collector_stored_total')) > 60)
    const { stdout } = await promisify(execFile)(process.execPath, [bundle, 'queue', '--config', asked.configPath, '--json'])
    // The cursor on the disk is up to ten seconds old.
    expect(inspectQueue(join(directory, 'asked'), ['mariadb']).backends[0]?.length).toBeGreaterThan(10)
    expect((JSON.parse(stdout) as QueueState).backends[0]?.length).toBeLessThanOrEqual(2)
    expect(await asked.end('SIGTERM')).toBe(0)
  })

  test('the load tool stores what it says it stored', async () => {
    const run = promisify(execFile)
    const { stdout } = await run(
      process.execPath,
      [
        bundle,
        '--backend',
        'mariadb',
        '--threads',
        '4',
        '--inflight',
        '4',
        '--duration',
        '2s',
        '--json',
        '--location',
        'load',
        '--host',
        `127.0.0.1:${server.port}`,
      ],
      { env: { ...process.env, COLLECT_PASSWORD: password } },
    )
    const report = JSON.parse(stdout) as LoadReport
    const [row] = await server.query<{ n: number }>(`SELECT COUNT(*) AS n FROM temperature.reading WHERE reading_location = 'load'`)
    expect(report).toMatchObject({ backend: 'mariadb', threads: 4, inflight: 4, duplicates: 0, errors: {}, stored: row?.n })
    expect(report.perThread.map(({ thread }) => thread)).toEqual([1, 2, 3, 4])
    expect(report.perThread.reduce((sum, { stored }) => sum + stored, 0)).toBe(report.stored)
    expect(report.stored).toBeGreaterThan(0)
    const { p50, p95, p99, max } = report.latency
    expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].sort((a, b) => a - b))
    expect(p50).toBeGreaterThan(0)
  })
})
