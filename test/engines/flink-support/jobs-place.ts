import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { buildProgram } from '../../../engine/programs/index.ts'
import { packFlink } from '../../../roles/flink/artifact.ts'
import { readHealth, type HealthAnswer } from '../../../roles/flink/jobs/health.ts'
import type { Job } from '../../../roles/flink/jobs/job.ts'
import type { KeeperConfig } from '../../../roles/flink/jobs/keeper/config.ts'
import { keeperConfig, keeperEntry } from '../../../roles/flink/jobs/place.ts'
import { packSubmitter } from '../../../roles/flink/jobs/submitter/compile.ts'
import type { FlinkCluster } from './flink-cluster.ts'
import type { FlinkKit } from './flink-kit.ts'

/** The keeper of jobs beside a cluster on loopback, bundled and called as on a Pi. */
export class JobsPlace {
  /** Most MiB that a submitter held. */
  peak = 0
  readonly config: KeeperConfig
  readonly #program: string
  readonly #configFile: string

  private constructor(cluster: FlinkCluster, config: KeeperConfig, program: string) {
    this.config = config
    this.#program = program
    this.#configFile = join(cluster.folder, 'jobs.json')
    writeFileSync(this.#configFile, JSON.stringify(config))
  }

  /** `cluster` is not started yet. `changes`: settings of Flink beside those of a Pi. */
  static async beside(kit: FlinkKit, cluster: FlinkCluster, changes: Readonly<Record<string, string>> = {}): Promise<JobsPlace> {
    const settings = join(cluster.folder, 'etc/jobmanager')
    for (const process of ['jobmanager', 'taskmanager']) {
      const file = join(cluster.folder, 'etc', process, 'config.yaml')
      const before = parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>
      writeFileSync(
        file,
        Object.entries({ ...before, ...changes })
          .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
          .join(''),
      )
    }
    const written = parse(readFileSync(join(settings, 'config.yaml'), 'utf8')) as Readonly<Record<string, string>>
    const path = (key: string) => (written[key] ?? '').replace(/^file:\/\//, '')
    const submitter = join(kit.directory, 'submitter')
    mkdirSync(submitter, { recursive: true })
    execFileSync('tar', ['-xzf', (await packSubmitter(await packFlink('hashmap'))).path, '-C', submitter])
    const opens = readFileSync(join(settings, 'jvm.options'), 'utf8')
      .split('\n')
      .filter(flag => flag.startsWith('--add'))
    const folder = join(cluster.folder, 'var/jobs')
    mkdirSync(folder, { recursive: true })
    const config = keeperConfig(
      { url: `http://127.0.0.1:${cluster.ports.pages}` },
      { checkpoints: path('execution.checkpointing.dir'), savepoints: path('execution.checkpointing.savepoint-dir') },
      { jars: kit.lib, settings, opens, log4j: join(settings, 'log4j.properties') },
    )
    const own = { ...config.submitter, java: 'java', classPath: `${submitter}:${kit.lib}/*`, scratch: folder }
    return new JobsPlace(cluster, { ...config, folder, submitter: own }, (await buildProgram(keeperEntry)).path)
  }

  /** Runs the keeper; returns what it said, on both. `stop`: kills it, and what it started, as soon as it has said that. */
  async run(
    words: readonly string[],
    input = '',
    stop?: RegExp,
  ): Promise<{ readonly code: number | null; readonly out: string; readonly said: string }> {
    const child = spawn(process.execPath, [this.#program, this.#configFile, ...words], { stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    const watch = setInterval(() => this.#watch(child.pid ?? 0), 50)
    let [out, said] = ['', '']
    child.stdout.on('data', (part: Buffer) => (out += part.toString()))
    child.stderr.on('data', (part: Buffer) => {
      said += part.toString()
      if (stop?.test(said) && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    })
    child.stdin.end(input)
    const code = await new Promise<number | null>(resolve => child.on('close', resolve))
    clearInterval(watch)
    return { code, out, said }
  }

  #watch(pid: number): void {
    try {
      for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)) {
        const most = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1]
        this.peak = Math.max(this.peak, Number(most ?? 0) / 1024)
      }
    } catch {
      // It has ended meanwhile.
    }
  }

  want(jobs: readonly Job[], patience = 120, stop?: RegExp) {
    return this.run(['want', String(patience)], JSON.stringify(jobs), stop)
  }

  keep(patience = 120) {
    return this.run(['keep', String(patience)])
  }

  async ask<T>(): Promise<T> {
    return JSON.parse((await this.run(['ask'])).out) as T
  }

  async health() {
    return readHealth(JSON.parse((await this.run(['health'])).out) as HealthAnswer)
  }
}
