import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mariadb'
import type { Connection } from 'mariadb'
import { freePort } from './free-port.ts'

const program = ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd', '/usr/bin/mariadbd'].find(path => existsSync(path))

/** Whether this machine has the server. */
export const mariadbInstalled = program !== undefined

/** A real MariaDB of the test's own: its own data, socket and loopback port; stopped and started by its process id. */
export class MariadbServer {
  readonly port: number
  readonly directory: string
  #process: ChildProcess | undefined

  readonly #more: readonly string[]

  private constructor(port: number, directory: string, more: readonly string[]) {
    this.port = port
    this.directory = directory
    this.#more = more
  }

  /** `more` are settings that go after the others. */
  static async create(more: readonly string[] = []): Promise<MariadbServer> {
    const directory = mkdtempSync(join(tmpdir(), 'collector-mariadb-'))
    const server = new MariadbServer(await freePort(), directory, more)
    execFileSync(
      'mariadb-install-db',
      [
        '--no-defaults',
        `--datadir=${directory}/data`,
        `--user=${userInfo().username}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      ],
      { stdio: 'pipe' },
    )
    await server.start()
    return server
  }

  async start(): Promise<void> {
    const { directory, port } = this
    const settings = [
      '--no-defaults',
      `--datadir=${directory}/data`,
      `--socket=${directory}/sock`,
      `--pid-file=${directory}/pid`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--user=${userInfo().username}`,
      '--innodb-buffer-pool-size=32M',
      `--log-error=${directory}/errors`,
      ...this.#more,
    ]
    this.#process = spawn(program ?? 'mariadbd', settings, { stdio: 'ignore' })
    const patience = performance.now() + 60_000
    while (performance.now() < patience) {
      if (this.#process.exitCode !== null) break
      try {
        await this.query('SELECT 1')
        return
      } catch {
        await sleep(100)
      }
    }
    throw new Error(`mariadbd did not start:\n${readFileSync(`${directory}/errors`, 'utf8').slice(-2000)}`)
  }

  /** Of the process at work. @throws Error where none is */
  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error('the server is not at work')
    return pid
  }

  /** SIGTERM is an orderly stop, SIGKILL what a power cut does. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const running = this.#process
    this.#process = undefined
    if (!running || running.exitCode !== null) return
    const gone = once(running, 'exit')
    running.kill(signal)
    await gone
  }

  async destroy(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** One statement as root over the socket. */
  async query<Row>(sql: string): Promise<Row[]> {
    const connection: Connection = await createConnection({
      socketPath: `${this.directory}/sock`,
      user: 'root',
      // A busy machine is no machine that is down.
      connectTimeout: 10_000,
      bigIntAsNumber: true,
      insertIdAsNumber: true,
    })
    connection.on('error', () => {})
    try {
      return await connection.query<Row[]>(sql)
    } finally {
      await connection.end()
    }
  }
}
