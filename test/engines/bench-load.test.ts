import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readingTable } from '../../collector/backends/mariadb/table.ts'
import { collectorEntry } from '../../collector/entry.ts'
import type { LoadReport } from '../../collector/load/report.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { figuresOfLoad, secondIn } from '../../trials/load.ts'
import { MariadbServer, mariadbInstalled } from './collector-support/mariadb-server.ts'

if (!mariadbInstalled) console.warn('SKIPPED: a load on a server that pauses: there is no mariadbd here (apt-get install mariadb-server)')

const password = 'correct horse'

describe.skipIf(!mariadbInstalled)('the load of bench run, on a real MariaDB', { timeout: 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'bench-load-'))
  const config = join(directory, 'config.json')
  let server: MariadbServer
  let bundle: string
  beforeAll(async () => {
    ;({ path: bundle } = await buildProgram(collectorEntry))
    server = await MariadbServer.create()
    await server.query('CREATE DATABASE temperature')
    await server.query(readingTable.replace('reading (', 'temperature.reading ('))
    await server.query(`CREATE USER collector@'127.0.0.1' IDENTIFIED BY '${password}'`)
    await server.query(`GRANT INSERT, SELECT ON temperature.reading TO collector@'127.0.0.1'`)
    writeFileSync(join(directory, 'password'), `${password}\n`)
    const backend = { type: 'mariadb', hosts: [`127.0.0.1:${server.port}`], passwordFile: 'password' }
    writeFileSync(config, JSON.stringify({ location: 'here', backends: [backend] }))
  }, 60_000)
  afterAll(async () => {
    await server?.destroy()
    rmSync(directory, { recursive: true, force: true })
  })

  /** The load tool with the settings and the password of an agent. */
  const load = (...words: string[]) => {
    const child = spawn(process.execPath, [bundle, '--backend', 'mariadb', '--config', config, '--by-second', '--json', ...words], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const begun = once(child.stdout, 'data')
    return { child, begun, output: text(child.stdout).then(all => all.trim().split('\n')) }
  }

  test('a server that stands still for two seconds: the open loop’s p99 shows it, the closed loop’s does not', async () => {
    const { output, begun } = load('--location', 'paused', '--threads', '2', '--rate', '50', '--duration', '12s')
    await begun
    await sleep(2000)
    const pid = Number(readFileSync(join(server.directory, 'pid'), 'utf8'))
    process.kill(pid, 'SIGSTOP')
    await sleep(2000)
    process.kill(pid, 'SIGCONT')
    const lines = await output
    const report = JSON.parse(lines.at(-1) ?? '') as LoadReport
    console.log('due, sent:', report.latency, report.sentLatency)
    expect(report.latency.p99).toBeGreaterThan(1500)
    expect(report.sentLatency?.p99).toBeLessThan(1000)
    expect(report.sentLatency?.max).toBeGreaterThan(1500)

    // The seconds tell the same as the report at their end.
    const seconds = lines.slice(0, -1).flatMap((line, index) => secondIn(line, index + 1) ?? [])
    expect(seconds.length).toBe(lines.length - 1)
    const all = figuresOfLoad(seconds, 0, seconds.length)
    expect(all).toMatchObject({ stored: report.stored, latency: report.latency, sent: report.sentLatency })
    expect(seconds.filter(({ stored }) => stored === 0).length).toBeGreaterThanOrEqual(1)
    const [row] = await server.query<{ n: number }>(`SELECT COUNT(*) AS n FROM temperature.reading WHERE reading_location = 'paused'`)
    expect(row?.n).toBe(report.stored)
  })

  test('no date of it is one that an agent may give; a signal ends it with its report', async () => {
    const { child, output, begun } = load('--location', 'dates', '--threads', '3', '--duration', '10m')
    await begun
    await sleep(1000)
    child.kill('SIGTERM')
    const report = JSON.parse((await output).at(-1) ?? '') as LoadReport
    expect(report.stored).toBeGreaterThan(0)
    const [row] = await server.query<{ n: number; whole: number }>(
      `SELECT COUNT(*) AS n, COALESCE(SUM(MICROSECOND(reading_date) % 1000 = 0), 0) AS whole FROM temperature.reading WHERE reading_location = 'dates'`,
    )
    expect({ n: Number(row?.n), whole: Number(row?.whole) }).toEqual({ n: report.stored, whole: 0 })
  })

  test('a backend the agent does not send to is refused', async () => {
    const child = spawn(process.execPath, [bundle, '--backend', 'kafka', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
    expect(await text(child.stderr)).toContain('the agent does not send to kafka')
    expect(child.exitCode ?? 64).toBe(64)
  })
})
