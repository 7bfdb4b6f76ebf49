import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { jmxExporter } from '../../../roles/flink/config/exporter.ts'
import { jvmOptions, log4j } from '../../../roles/flink/config/jvm-options.ts'
import {
  checkpointFolder,
  exporterFile,
  logFolder,
  processes,
  programFolder,
  runFolder,
  savepointFolder,
  scratchFolder,
  settingsFolder,
  tlsFiles,
  type Process,
} from '../../../roles/flink/config/paths.ts'
import { configYaml, type Ports } from '../../../roles/flink/config/settings.ts'
import { startScript } from '../../../roles/flink/config/start.ts'
import { command } from '../../../roles/flink/config/unit.ts'
import type { StateBackend } from '../../../roles/flink/memory/place.ts'
import type { FlinkPlan } from '../../../roles/flink/memory/plan.ts'
import { flinkVars } from '../../../roles/flink/vars.ts'
import { freePort } from '../collector-support/free-port.ts'
import type { FlinkKit } from './flink-kit.ts'
import { leafOf } from './leaf.ts'

const freePorts = async (): Promise<Ports> => ({
  jobManager: await freePort(),
  blob: await freePort(),
  pages: await freePort(),
  taskManager: await freePort(),
  data: await freePort(),
  query: { jobmanager: await freePort(), taskmanager: await freePort() },
  metrics: { jobmanager: await freePort(), taskmanager: await freePort() },
})

/** A JobManager and a TaskManager on loopback, as their units start them; only paths and ports are other ones. */
export class FlinkCluster {
  readonly ports: Ports
  readonly folder: string
  readonly #kit: FlinkKit
  readonly #running = new Map<Process, ChildProcess>()

  private constructor(kit: FlinkKit, folder: string, ports: Ports) {
    this.#kit = kit
    this.folder = folder
    this.ports = ports
  }

  static async create(kit: FlinkKit, name: string, plan: FlinkPlan, backend: StateBackend = 'hashmap'): Promise<FlinkCluster> {
    const cluster = new FlinkCluster(kit, join(kit.directory, name), await freePorts())
    const { ports } = cluster
    const node = { name: 'pi', address: '127.0.0.1', jobManager: '127.0.0.1', ports, backend, plan, jobs: flinkVars.parse({}) }
    for (const folder of [checkpointFolder, savepointFolder, logFolder, join(tlsFiles.ca, '..')])
      mkdirSync(cluster.#here(folder), { recursive: true })
    const leaf = await leafOf()
    writeFileSync(cluster.#here(tlsFiles.own), leaf.own)
    writeFileSync(cluster.#here(tlsFiles.ca), leaf.ca)
    writeFileSync(cluster.#here(exporterFile), jmxExporter)
    for (const process of processes) {
      if (process === 'jobmanager' ? !plan.jobManager : !plan.taskManager) continue
      const settings = cluster.#here(settingsFolder(process))
      mkdirSync(settings, { recursive: true })
      for (const folder of [scratchFolder(process), runFolder(process)]) mkdirSync(cluster.#here(folder), { recursive: true })
      writeFileSync(cluster.#startPath(process), cluster.#here(startScript(process)))
      writeFileSync(join(settings, 'config.yaml'), cluster.#here(configYaml(node, process)))
      writeFileSync(join(settings, 'jvm.options'), cluster.#here(jvmOptions(plan, process, 64, `127.0.0.1:${ports.metrics[process]}`)))
      writeFileSync(join(settings, 'log4j.properties'), log4j)
    }
    return cluster
  }

  /** Runs what is given on a cluster of its own. */
  static async on(
    kit: FlinkKit,
    name: string,
    plan: FlinkPlan,
    run: (cluster: FlinkCluster) => Promise<void>,
    backend: StateBackend = 'hashmap',
  ): Promise<void> {
    const cluster = await FlinkCluster.create(kit, name, plan, backend)
    try {
      await run(cluster)
    } finally {
      await cluster.destroy()
    }
  }

  /** Text of a Pi, with the places of this test. */
  #here(text: string): string {
    return text
      .replaceAll('/etc/flink', join(this.folder, 'etc'))
      .replaceAll('/var/lib/flink', join(this.folder, 'var'))
      .replaceAll('/var/log/flink', join(this.folder, 'log'))
      .replaceAll('/run/flink-', join(this.folder, 'run-'))
      .replaceAll(programFolder, join(this.#kit.directory, 'flink'))
      .replaceAll('/usr/bin/java', 'java')
  }

  #startPath(process: Process): string {
    return join(this.folder, `start-${process}`)
  }

  /** Starts a process, with flags after its own. */
  start(process: Process, more: readonly string[] = []): void {
    execFileSync('sh', [this.#startPath(process)])
    const [program = '', options = '', ...words] = command(process).map(word => this.#here(word))
    const log = openSync(join(this.folder, `${process}.log`), 'a')
    this.#running.set(
      process,
      spawn(program, [options, ...more, ...words], {
        stdio: ['ignore', log, log],
        env: { ...globalThis.process.env, MALLOC_ARENA_MAX: '2' },
      }),
    )
  }

  log(process: Process): string {
    return readFileSync(join(this.folder, `${process}.log`), 'utf8')
  }

  /** What REST says. */
  async rest<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.ports.pages}${path}`)
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  /** Slots and jobs. */
  overview(): Promise<Readonly<Record<'slots-total' | 'slots-available' | 'jobs-running', number>>> {
    return this.rest('/overview')
  }

  /** What Prometheus is told by a process. */
  async prometheus(process: Process): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.ports.metrics[process]}/metrics`)).text()
  }

  /** Makes a checkpoint now. Returns where it is. */
  async checkpoint(job: string): Promise<string> {
    interface Checkpoints {
      readonly latest: { readonly completed: { readonly external_path: string } | null }
    }
    await fetch(`http://127.0.0.1:${this.ports.pages}/jobs/${job}/checkpoints`, { method: 'POST', body: '{}' })
    const completed = async () => (await this.rest<Checkpoints>(`/jobs/${job}/checkpoints`)).latest.completed
    await this.until('a checkpoint', async () => (await completed()) !== null)
    return (await completed())?.external_path ?? ''
  }

  /** Resolves when `seen` holds; fails with the logs when a process ended before. */
  async until(what: string, seen: () => Promise<boolean> | boolean, seconds = 90): Promise<void> {
    const patience = performance.now() + seconds * 1000
    while (performance.now() < patience && [...this.#running.values()].every(({ exitCode }) => exitCode === null)) {
      if (await Promise.resolve(seen()).catch(() => false)) return
      await sleep(250)
    }
    const logs = [...this.#running.keys()].map(process => `${process}:\n${this.log(process).slice(-3000)}`)
    throw new Error(`not ${what} in ${seconds} s:\n${logs.join('\n')}`)
  }

  /** Both processes, until slots are there. */
  async up(): Promise<void> {
    for (const process of processes) this.start(process)
    await this.until('up', async () => (await this.overview())['slots-total'] > 0)
  }

  /** Submits SQL, with options of Flink; returns the ids of its jobs. `classPath` holds the submitter. */
  async submit(classPath: string, sql: string, options: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
    const file = join(this.folder, 'job.sql')
    writeFileSync(file, sql)
    const settings = this.#here(settingsFolder('jobmanager'))
    const opens = readFileSync(join(settings, 'jvm.options'), 'utf8')
      .split('\n')
      .filter(flag => flag.startsWith('--add'))
    const flags = [
      '-Xmx160m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      ...opens,
      `-Dlog4j.configurationFile=file:${settings}/log4j.properties`,
    ]
    const { stdout } = await promisify(execFile)('java', [
      ...flags,
      '-cp',
      classPath,
      'RunSql',
      settings,
      file,
      ...Object.entries(options).flat(),
    ])
    return [...stdout.matchAll(/^job (\S+)$/gm)].map(([, id]) => id ?? '')
  }

  pid(process: Process): number {
    return this.#running.get(process)?.pid ?? 0
  }

  /** MiB that a process holds, and held at most. */
  memory(process: Process): { readonly now: number; readonly most: number } {
    const status = readFileSync(`/proc/${this.pid(process)}/status`, 'utf8')
    const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
    return { now: of('VmRSS'), most: of('VmHWM') }
  }

  async stop(process: Process, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const running = this.#running.get(process)
    this.#running.delete(process)
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const gone = once(running, 'exit')
    running.kill(signal)
    await gone
  }

  /** How a process ended by itself. */
  async ended(process: Process, seconds = 60): Promise<number | null> {
    const running = this.#running.get(process)
    if (running && running.exitCode === null) await Promise.race([once(running, 'exit'), sleep(seconds * 1000)])
    return running?.exitCode ?? null
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#running.keys()].map(process => this.stop(process, 'SIGKILL')))
  }
}
