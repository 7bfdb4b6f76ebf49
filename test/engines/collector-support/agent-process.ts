import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CollectorConfig } from '../../../collector/config.ts'
import { collectorUnit, sinkUnit } from '../../../collector/unit.ts'
import type { SinkConfig } from '../../../collector/sink/config.ts'

/** A service of the bundle as a child process, as systemd runs it; with the limits of Node.js that a unit's text sets. */
export class ServiceProcess {
  readonly configPath: string
  log = ''
  readonly #bundle: string
  readonly #command: 'agent' | 'sink'
  readonly #options: readonly string[]
  #process: ChildProcess | undefined
  #port = 0

  constructor(bundle: string, command: 'agent' | 'sink', configPath: string, config: CollectorConfig | SinkConfig, unit = '') {
    this.#bundle = bundle
    this.#command = command
    this.#options = unit.match(/--max-\S+/g) ?? []
    this.configPath = configPath
    writeFileSync(this.configPath, JSON.stringify(config))
  }

  /** The most memory it has held, in MiB. */
  get peak(): number {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1]) / 1024
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** Where its pages are. */
  get port(): number {
    return this.#port
  }

  /** Resolves when it has said that it works. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [...this.#options, this.#bundle, this.#command, '--config', this.configPath], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#process = child
    let said = ''
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString()
      this.log += text.toString()
    })
    while (!/metrics on port (\d+)/.test(said)) {
      if (child.exitCode !== null) throw new Error(`the ${this.#command} ended:\n${said}`)
      await sleep(20)
    }
    this.#port = Number(/metrics on port (\d+)/.exec(said)?.[1])
  }

  /** Returns the exit code, null after SIGKILL. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null) return child?.exitCode ?? null
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
    return child.exitCode
  }

  async page(path: '/metrics' | '/healthz'): Promise<string> {
    try {
      return await (await fetch(`http://127.0.0.1:${this.#port}${path}`)).text()
    } catch (error) {
      const state = this.#process ? `exit code ${this.#process.exitCode}, signal ${this.#process.signalCode}` : 'not started'
      throw new Error(`the ${this.#command} does not answer (${state}); it said:\n${this.log.slice(-2000)}`, { cause: error })
    }
  }

  /** The sum of a metric over its labels. */
  async metric(name: string): Promise<number> {
    const lines = (await this.page('/metrics')).split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }
}

/** The bundled agent. */
export class AgentProcess extends ServiceProcess {
  constructor(bundle: string, directory: string, config: CollectorConfig) {
    super(bundle, 'agent', join(directory, `${config.location}.json`), config, collectorUnit())
  }
}

/** The bundled sink. */
export class SinkProcess extends ServiceProcess {
  constructor(bundle: string, directory: string, name: string, config: SinkConfig) {
    super(bundle, 'sink', join(directory, `${name}.json`), config, sinkUnit())
  }
}

/** Waits until something holds; fails with `what` after a generous while. */
export async function until(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> {
  const patience = performance.now() + seconds * 1000
  while (!(await holds())) {
    if (performance.now() > patience) throw new Error(`never happened: ${what}`)
    await sleep(100)
  }
}
