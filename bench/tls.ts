// What TLS costs with MariaDB, and what the view of a producer's own rows costs: the same work in clear and over TLS, in turn,
// with a real server on the loopback interface.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { mariadbBackend } from '../collector/backends/mariadb.ts'
import { mariadbSchema } from '../collector/backends/mariadb.config.ts'
import { readingTable } from '../collector/backends/mariadb.schema.ts'
import { collectorEntry } from '../collector/entry.ts'
import { buildProgram } from '../engine/programs/index.ts'
import type { LoadReport } from '../collector/load/report.ts'
import { createView } from '../roles/mariadb/own-rows.ts'
import { ownReadings } from '../roles/mariadb/readings.ts'
import { Certificates } from '../test/engines/collector-support/certificates.ts'
import { MariadbServer } from '../test/engines/collector-support/mariadb-server.ts'
import { compareOf, cpuOf, heading, type Round } from './pairs.ts'

interface Way {
  readonly tls: boolean
  readonly table: 'reading' | 'own_reading'
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connects: { type: 'string', default: '150' },
  },
})
const [rounds, seconds, connects] = [values.rounds, values.seconds, values.connects].map(Number) as [number, number, number]
const password = 'bench'
const directory = mkdtempSync(join(tmpdir(), 'bench-tls-'))
const fleet = await Certificates.make(directory, 'bench')
const certificate = await fleet.of('mysql', ['mysql', '127.0.0.1'])
const server = await MariadbServer.create([`--ssl-cert=${certificate}`, `--ssl-key=${certificate}`, '--innodb-flush-log-at-trx-commit=2'])
const { path: bundle } = await buildProgram(collectorEntry)

try {
  await server.query('CREATE DATABASE temperature')
  await server.query(readingTable.replace('reading (', 'temperature.reading ('))
  await server.query(createView(ownReadings('own_reading'), 'temperature', 'reading').replace(/;$/, ''))
  await server.query(`CREATE USER 'collector-bench'@'127.0.0.1' IDENTIFIED BY '${password}'`)
  for (const table of ['reading', 'own_reading'])
    await server.query(`GRANT INSERT, SELECT ON temperature.${table} TO 'collector-bench'@'127.0.0.1'`)
  const compare = compareOf<Way>(rounds)
  console.log(heading(rounds))
  const clear: Way = { tls: false, table: 'own_reading' }
  await compare('INSERTs a second, 1 in flight: clear, TLS', way => inserts(way, 1), clear, { ...clear, tls: true })
  await compare('INSERTs a second, 16 in flight: clear, TLS', way => inserts(way, 16), clear, { ...clear, tls: true })
  await compare('INSERTs a second, 16 in flight: table, view', way => inserts(way, 16), { ...clear, table: 'reading' }, clear)
  await compare('connects a second: clear, TLS', handshakes, clear, { ...clear, tls: true })
} finally {
  await server.destroy()
  rmSync(directory, { recursive: true, force: true })
}

async function inserts({ tls, table }: Way, inflight: number): Promise<Round> {
  await server.query('TRUNCATE temperature.reading')
  const began = cpu()
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      bundle,
      '--backend',
      'mariadb',
      '--inflight',
      String(inflight),
      '--duration',
      `${seconds}s`,
      '--json',
      '--location',
      'bench',
      '--user',
      'collector-bench',
      '--table',
      table,
      '--host',
      `127.0.0.1:${server.port}`,
      ...(tls ? ['--ca', fleet.ca, '--server-name', 'mysql'] : []),
    ],
    { env: { ...process.env, COLLECT_PASSWORD: password } },
  )
  const { tps, stored } = JSON.parse(stdout) as LoadReport
  return { rate: tps, server: ((cpu() - began) * 1000) / stored }
}

async function handshakes({ tls, table }: Way): Promise<Round> {
  const config = mariadbSchema.parse({
    type: 'mariadb',
    hosts: [`127.0.0.1:${server.port}`],
    user: 'collector-bench',
    table,
    ...(tls && { tls: { ca: fleet.ca, name: 'mysql' } }),
  })
  const [cpuBefore, began] = [cpu(), performance.now()]
  for (let time = 0; time < connects; time++) {
    const backend = mariadbBackend({ ...config, password: () => password })
    await backend.connect()
    await backend.close()
  }
  return { rate: (connects * 1000) / (performance.now() - began), server: ((cpu() - cpuBefore) * 1000) / connects }
}

/** CPU time of the server until now, in seconds. */
const cpu = (): number => cpuOf(Number(readFileSync(join(server.directory, 'pid'), 'utf8')))
