import { connect as connectSocket } from 'node:net'
import type { Socket } from 'node:net'
import { createConnection } from 'mariadb'
import type { Connection } from 'mariadb'
import type { Reading } from '../reading.ts'
import { codeOf } from '../problem.ts'
import type { Address } from './address.ts'
import { parseAddress } from './address.ts'
import type { Backend, Stored } from './backend.ts'
import type { MariadbConfig } from './mariadb.config.ts'
import { classifyMariadbError, duplicateKey } from './mariadb-errors.ts'
import { aloneOnly, compareRows, keyTaken, noSuchRow, sqlDate } from './mariadb-rows.ts'
import type { StoredRow } from './mariadb-rows.ts'
import { guarded } from './mariadb-socket.ts'
import { tlsOptions } from './tls.ts'

export interface MariadbOptions extends Omit<MariadbConfig, 'type' | 'name' | 'passwordFile'> {
  /** Asked at every connect, so that a rotated password needs no restart. */
  readonly password: () => string
}

const columns = '(reading_location, reading_date, reading_note, reading_value)'

const row = ({ location, date, note, value }: Reading): unknown[] => [location, sqlDate(date), note, value]

/**
 * MariaDB over one connection. Plain INSERTs: a key that exists already, with the same value and note, is the proof of an earlier
 * delivery and is counted, not written again. So the user needs the rights to INSERT and SELECT. (INSERT IGNORE would hide values the
 * table truncates.)
 */
export function mariadbBackend(options: MariadbOptions): Backend {
  const table = `\`${options.database}\`.\`${options.table}\``
  const target = `INSERT INTO ${table} ${columns} VALUES `
  const lookup = `SELECT reading_location AS location, CAST(reading_date AS CHAR) AS date, reading_note AS note, reading_value AS value FROM ${table} WHERE (reading_location, reading_date) IN `
  const hosts = options.hosts.flatMap(text => parseAddress(text) ?? [])
  let turn = 0
  let connection: Connection | undefined
  let socket: Socket | undefined

  async function open({ host, port = options.port }: Address): Promise<void> {
    const { user, database, timeout } = options
    let broke: (error: unknown) => void = () => {}
    const broken = new Promise<never>((_resolve, reject) => {
      broke = reject
    })
    broken.catch(() => {})
    const opening = createConnection({
      user,
      database,
      password: options.password(),
      connectTimeout: timeout,
      // Our own socket: the driver's way to give up on a server that hangs is to ask it, on a second connection, to kill the first.
      stream: () => (socket = guarded(connectSocket({ host, port, noDelay: true }), broke)),
      keepAliveDelay: 10_000,
      ...(options.tls && { ssl: tlsOptions(options.tls, host) }),
    } as Parameters<typeof createConnection>[0])
    const opened = await Promise.race([opening, broken])
    // Without a listener an error between two statements would end the process; the next statement reports it.
    opened.on('error', () => {})
    // Refuse what does not fit the column instead of cutting it, whatever the server's default. Not by the driver's `sessionVariables`:
    // where the server goes away at that moment they leave a rejection that nobody can catch, and the process ends.
    await within(opened.query("SET sql_mode = 'STRICT_ALL_TABLES'"))
    connection = opened
  }

  /** Stores what is not there yet; returns how many were. */
  async function insert(readings: readonly Reading[]): Promise<number> {
    try {
      await send(readings)
      return 0
    } catch (error) {
      if (codeOf(error) !== duplicateKey) throw error
    }
    // Nothing of a refused INSERT is stored. A row with the key of a reading is its own only where it says the same.
    const { missing, foreign } = compareRows(readings, await rowsOf(readings))
    if (foreign) throw readings.length === 1 ? keyTaken(foreign) : aloneOnly()
    if (missing.length === readings.length) throw missing.length === 1 ? noSuchRow() : aloneOnly()
    return readings.length - missing.length + (missing.length > 0 ? await insert(missing) : 0)
  }

  /** The rows that are there under the keys of readings. */
  async function rowsOf(readings: readonly Reading[]): Promise<readonly StoredRow[]> {
    const keys = readings.map(() => '(?,?)').join()
    const rows = await within(
      opened().query<StoredRow[]>(
        `${lookup}(${keys})`,
        readings.flatMap(({ location, date }) => [location, sqlDate(date)]),
      ),
    )
    return rows
  }

  function opened(): Connection {
    if (!connection) throw Object.assign(new Error('not connected'), { code: 'NOT_CONNECTED' })
    return connection
  }

  async function send(readings: readonly Reading[]): Promise<void> {
    const open = opened()
    const [first] = readings
    if (!first) return
    await within(
      readings.length === 1
        ? open.execute(`${target}(?,?,?,?)`, row(first))
        : open.query(target + readings.map(() => '(?,?,?,?)').join(), readings.flatMap(row)),
    )
  }

  /** Hangs up where the server does not answer in time. */
  async function within<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const limit = setTimeout(giveUp, options.timeout, socket)
    try {
      return await answer
    } finally {
      clearTimeout(limit)
    }
  }

  function giveUp(hanging: Socket | undefined): void {
    hanging?.destroy(Object.assign(new Error(`no answer within ${options.timeout} ms`), { code: 'ETIMEDOUT' }))
  }

  return {
    maxBatch: options.batch,
    resolution: 1,
    classify: classifyMariadbError,
    async connect() {
      const host = hosts[turn++ % hosts.length]
      if (!host) throw new Error('no host is configured')
      await open(host)
      // Stay with a host that answers.
      turn--
    },
    async store(readings): Promise<Stored> {
      return { duplicates: await insert(readings) }
    },
    async close() {
      const open = connection
      connection = undefined
      if (open?.isValid()) await Promise.race([open.end().catch(() => {}), new Promise(done => setTimeout(done, 500).unref())])
      socket?.destroy()
    },
  }
}
