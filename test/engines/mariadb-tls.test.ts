import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect as connectPlain, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls'
import { createConnection } from 'mariadb'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../collector/backends/backend.ts'
import { mariadbBackend } from '../../collector/backends/mariadb/backend.ts'
import { mariadbSchema } from '../../collector/backends/mariadb/config.ts'
import { readingTable } from '../../collector/backends/mariadb/table.ts'
import { createView } from '../../roles/mariadb/own-rows.ts'
import { ownReadings } from '../../roles/mariadb/readings.ts'
import { Certificates } from './collector-support/certificates.ts'
import { MariadbServer, mariadbInstalled } from './collector-support/mariadb-server.ts'

if (!mariadbInstalled) console.warn('SKIPPED: TLS with a real MariaDB: there is no mariadbd here (apt-get install mariadb-server)')

const password = 'correct horse'
const date = 1_735_689_600_000_000

describe.skipIf(!mariadbInstalled)('MariaDB over TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'mariadb-tls-'))
  const relays: Server[] = []
  const backends: Backend[] = []
  let server: MariadbServer
  let fleet: Certificates
  let foreign: Certificates

  beforeAll(async () => {
    fleet = await Certificates.make(directory, 'home')
    foreign = await Certificates.make(directory, 'foreign')
    const own = await fleet.of('mysql', ['mysql', '127.0.0.1'])
    server = await MariadbServer.create([`--ssl-cert=${own}`, `--ssl-key=${own}`, '--tls-version=TLSv1.2,TLSv1.3', '--skip-name-resolve'])
    await server.query('CREATE DATABASE temperature')
    await server.query(readingTable.replace('reading (', 'temperature.reading ('))
    await server.query(createView(ownReadings('own_reading'), 'temperature', 'reading').replace(/;$/, ''))
    for (const name of ['pi1', 'pi2']) {
      await server.query(`CREATE USER 'collector-${name}'@'127.0.0.1' IDENTIFIED BY '${password}' REQUIRE SSL`)
      await server.query(`GRANT INSERT, SELECT ON temperature.own_reading TO 'collector-${name}'@'127.0.0.1'`)
    }
  }, 120_000)
  afterEach(async () => {
    for (const backend of backends.splice(0)) await backend.close()
    for (const relay of relays.splice(0)) relay.close()
  })
  afterAll(async () => {
    await server?.destroy()
    rmSync(directory, { recursive: true, force: true })
  })

  function backend(change: Partial<Parameters<typeof mariadbBackend>[0]> = {}, port = server.port): Backend {
    const {
      type: _type,
      name: _name,
      ...config
    } = mariadbSchema.parse({
      type: 'mariadb',
      hosts: [`127.0.0.1:${port}`],
      user: 'collector-pi1',
      table: 'own_reading',
      timeout: 2000,
      tls: { ca: fleet.ca, name: 'mysql' },
    })
    const made = mariadbBackend({ ...config, password: () => password, ...change })
    backends.push(made)
    return made
  }

  /** A client that is no agent. */
  const asPi1 = () =>
    createConnection({
      host: '127.0.0.1',
      port: server.port,
      user: 'collector-pi1',
      password,
      database: 'temperature',
      ssl: { rejectUnauthorized: false },
    })

  /** What becomes of a connect: `connected`, or what the failure is taken for. */
  async function attempt(made: Backend): Promise<string> {
    try {
      await made.connect()
      return 'connected'
    } catch (error) {
      const { kind, code } = made.classify(error)
      return `${kind} ${code}`
    }
  }

  const listen = (relay: Server): Promise<number> =>
    new Promise(done => {
      relays.push(relay)
      relay.listen(0, '127.0.0.1', () => done((relay.address() as AddressInfo).port))
    })
  const quiet = (...sockets: Socket[]): void => {
    for (const socket of sockets)
      socket
        .on('error', () => {})
        .on('close', () => {
          for (const each of sockets) each.destroy()
        })
  }

  test('stores readings, and knows its own again', async () => {
    const made = backend()
    await made.connect()
    const readings = [1, 2, 3].map(index => ({ location: 'pi1', date: date + index, note: '', value: index }))
    expect(await made.store(readings)).toEqual({ duplicates: 0 })
    expect(await made.store(readings)).toEqual({ duplicates: 3 })
  })

  test('whose certificate is for the host it is found under is trusted without a name', async () => {
    expect(await attempt(backend({ tls: { ca: fleet.ca } }))).toBe('connected')
  })

  test('who comes in clear is not let in', async () => {
    expect(await attempt(backend({ tls: undefined }))).toBe('refused ER_ACCESS_DENIED_ERROR')
  })

  test('a server with another name, of another CA, or without TLS gets no login', async () => {
    expect(await attempt(backend({ tls: { ca: fleet.ca, name: 'cassandra1' } }))).toBe('refused TLS_UNTRUSTED')
    expect(await attempt(backend({ tls: { ca: foreign.ca, name: 'mysql' } }))).toBe('refused TLS_UNTRUSTED')
    expect(await attempt(backend({ tls: { ca: join(directory, 'none.pem') } }))).toBe('refused CA_FILE')
    const plain = await MariadbServer.create(['--skip-ssl'])
    try {
      expect(await attempt(backend({}, plain.port))).toBe('refused ER_SERVER_SSL_DISABLED')
    } finally {
      await plain.destroy()
    }
  })

  test.each(['a foreign certificate for the right name', 'a certificate of the fleet for another host'])(
    'somebody in between with %s cannot hand the login on',
    async which => {
      const certificate = which.startsWith('a foreign')
        ? await foreign.of('mysql', ['mysql', '127.0.0.1'])
        : await fleet.of('producer9', ['producer9', '10.0.0.9'])
      let handedOn = 0
      // Passes the greeting on, speaks TLS with both sides, and hands on what comes.
      const port = await listen(
        createServer(client => {
          const behind = connectPlain(server.port, '127.0.0.1')
          quiet(client, behind)
          behind.once('data', greeting => client.write(greeting))
          client.once('readable', () => {
            behind.write(client.read(36) as Buffer)
            const near = new TLSSocket(client, { isServer: true, secureContext: createSecureContext(Certificates.read(certificate)) })
            const far = connectTls({ socket: behind, rejectUnauthorized: false })
            quiet(near, far)
            near.on('data', bytes => {
              handedOn++
              far.write(bytes)
            })
            far.on('data', bytes => near.write(bytes))
          })
        }),
      )
      expect(await attempt(backend({}, port))).toBe('refused TLS_UNTRUSTED')
      await sleep(200)
      expect(handedOn).toBe(0)
    },
  )

  test('a server that hangs in the middle of the handshake is given up, and one that goes away ends no process', async () => {
    let end: 'hang' | 'go' = 'hang'
    const port = await listen(
      createServer(client => {
        const behind = connectPlain(server.port, '127.0.0.1')
        quiet(client, behind)
        behind.once('data', greeting => client.write(greeting))
        client.once('data', () => {
          if (end === 'go') client.destroy()
        })
      }),
    )
    expect(await attempt(backend({}, port))).toMatch(/^transient /)
    end = 'go'
    for (let time = 0; time < 3; time++) expect(await attempt(backend({}, port))).toMatch(/^transient /)
  })

  test('a network that swallows everything after the login is given up within the time limit', async () => {
    let swallows = false
    const port = await listen(
      createServer(client => {
        const behind = connectPlain(server.port, '127.0.0.1')
        quiet(client, behind)
        behind.on('data', bytes => {
          if (!swallows) client.write(bytes)
        })
        client.on('data', bytes => {
          if (!swallows) behind.write(bytes)
        })
      }),
    )
    const made = backend({}, port)
    await made.connect()
    swallows = true
    const began = Date.now()
    const failure = await made.store([{ location: 'pi1', date: date + 50, note: '', value: 1 }]).then(
      () => undefined,
      error => made.classify(error),
    )
    expect(failure).toMatchObject({ kind: 'transient', code: 'ETIMEDOUT' })
    expect(Date.now() - began).toBeLessThan(4000)
  })

  test('a server that is killed is transient', async () => {
    const made = backend()
    await made.connect()
    await server.stop('SIGKILL')
    const failure = await made.store([{ location: 'pi1', date: date + 60, note: '', value: 1 }]).then(
      () => undefined,
      error => made.classify(error),
    )
    expect(failure).toMatchObject({ kind: 'transient' })
    await server.start()
    await made.close()
    await made.connect()
    expect(await made.store([{ location: 'pi1', date: date + 60, note: '', value: 1 }])).toEqual({ duplicates: 0 })
  })

  test('a producer has its own rows: it takes no other’s keys, and sees none of its readings', async () => {
    const made = backend()
    await made.connect()
    const taken = { location: 'pi2', date: date + 70, note: 'mine now', value: 99 }
    const failure = await made.store([taken]).then(
      () => undefined,
      error => made.classify(error),
    )
    expect(failure).toMatchObject({ kind: 'refused', code: 'ER_VIEW_CHECK_FAILED' })
    const other = backend({ user: 'collector-pi2' })
    await other.connect()
    expect(await other.store([{ ...taken, note: '', value: 20 }])).toEqual({ duplicates: 0 })
    const connection = await asPi1()
    try {
      expect(await connection.query(`SELECT DISTINCT reading_location AS who FROM own_reading`)).toMatchObject([{ who: 'pi1' }])
      for (const forbidden of [
        'SELECT * FROM reading',
        'DELETE FROM own_reading',
        'UPDATE own_reading SET reading_value = 1',
        `INSERT INTO reading VALUES ('pi1', '2025-01-01', '', 1)`,
        'SHOW CREATE VIEW own_reading',
      ])
        await expect(connection.query(forbidden), forbidden).rejects.toThrow(/denied/)
    } finally {
      await connection.end()
    }
  })

  test('looking a row up by its key is one step, not a walk through all', async () => {
    await server.query(
      `INSERT INTO temperature.reading SELECT 'pi1', '2020-01-01' + INTERVAL seq SECOND, '', 1 FROM temperature.seq_1_to_20000`,
    )
    await server.query(
      `INSERT INTO temperature.reading SELECT 'pi2', '2020-01-01' + INTERVAL seq SECOND, '', 1 FROM temperature.seq_1_to_20000`,
    )
    const connection = await asPi1()
    try {
      await connection.query('FLUSH STATUS').catch(() => {})
      const walked = async (): Promise<number> =>
        (await connection.query<{ Variable_name: string; Value: string }[]>(`SHOW SESSION STATUS LIKE 'Handler_read%'`)).reduce(
          (sum, { Value }) => sum + Number(Value),
          0,
        )
      const before = await walked()
      const rows = await connection.query<unknown[]>(
        `SELECT reading_value FROM own_reading WHERE (reading_location, reading_date) IN (('pi1', '2020-01-01 00:00:05'), ('pi1', '2020-01-01 00:00:07'))`,
      )
      expect(rows).toHaveLength(2)
      expect((await walked()) - before).toBeLessThan(50)
    } finally {
      await connection.end()
    }
  })

  test('a CA file that changed is read at the next connect', async () => {
    const ca = join(directory, 'changing.pem')
    writeFileSync(ca, foreign.authority.certificate)
    const made = backend({ tls: { ca, name: 'mysql' } })
    expect(await attempt(made)).toBe('refused TLS_UNTRUSTED')
    writeFileSync(ca, fleet.authority.certificate)
    expect(await attempt(made)).toBe('connected')
  })
})
