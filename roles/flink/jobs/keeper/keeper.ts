import { randomBytes } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readName, type Job } from '../job.ts'
import type { KeeperConfig } from './config.ts'
import { bringToCard, newestCheckpoint, Records, savepointIn } from './disk.ts'
import { choices, misfit } from './misfit.ts'
import { leftOver, runFolders } from './left.ts'
import type { JobRecord } from './record.ts'
import { Refused, Rest } from './rest.ts'
import { ended, type Seen } from './seen.ts'
import { nextStep, type Step } from './step.ts'
import { causes, submit } from './submit.ts'

/** How a round over the jobs has ended. */
export interface Outcome {
  /** Jobs that are not as they should be yet, each with why. */
  readonly waiting: Readonly<Record<string, string>>
}

const milliseconds = 1000

/** The path of a restore point, which Flink may have told as a URL. */
const pathOf = (restore: string): string => restore.replace(/^file:(?:\/\/)?/, '')

/** Brings the jobs of one JobManager to what is wanted, step by step; one at a time has it, see the unit. */
export class Keeper {
  readonly records: Records
  readonly rest: Rest
  readonly #config: KeeperConfig
  readonly #say: (text: string) => void

  constructor(config: KeeperConfig, say: (text: string) => void) {
    this.#config = config
    this.records = new Records(config.folder)
    this.rest = new Rest(config.rest)
    this.#say = say
  }

  /** What is known of a job now. @throws Error where the JobManager does not answer */
  async look(record: JobRecord | undefined): Promise<Seen> {
    const jobs = await this.rest.jobs()
    const { run, stopping } = record ?? {}
    if (!run) return { jobs, checkpoints: 0 }
    const job = jobs.find(({ id }) => id === run.id)
    const checkpointFolder = join(this.#config.checkpoints, run.id)
    const checkpoint = newestCheckpoint(checkpointFolder)
    const thrown = job && !run.settled ? await this.rest.thrown(run.id) : undefined
    const savepoint = stopping && savepointIn(stopping.into)
    return {
      jobs,
      checkpoints: job && !ended(job) ? (await this.rest.checkpoints(run.id)).counts.completed : 0,
      checkpointFolder,
      ...(thrown !== undefined && { thrown }),
      ...(checkpoint !== undefined && { checkpoint }),
      ...(stopping && { stop: await this.rest.stopped(run.id, stopping.trigger) }),
      ...(savepoint !== undefined && { savepoint }),
    }
  }

  /** All jobs there are to think of: those that are wanted, those that are known, and those of ours that run. */
  async names(wanted: readonly Job[]): Promise<readonly string[]> {
    const running = (await this.rest.jobs()).filter(job => !ended(job)).flatMap(job => readName(job.name)?.name ?? [])
    return [...new Set([...wanted.map(({ name }) => name), ...this.records.names(), ...running])]
  }

  /** Folders of checkpoints and savepoints that no job goes on from. @throws Error where the JobManager does not answer */
  async left(): Promise<readonly string[]> {
    const jobs = await this.rest.jobs()
    const records = this.records.names().flatMap(name => this.records.read(name) ?? [])
    return leftOver(runFolders(this.#config), this.#config, records, jobs)
  }

  /**
   * Steps until each job is as it should be, for `patience` seconds at most. A version is submitted once in a round.
   * @throws Error where the JobManager does not answer
   */
  async round(wanted: readonly Job[], patience: number): Promise<Outcome> {
    const until = performance.now() + patience * milliseconds
    const waiting: Record<string, string> = {}
    for (const name of await this.names(wanted)) {
      const version = wanted.find(job => job.name === name)
      // What is refused of one job keeps no other from its own.
      const why = await this.#bring(name, version, until).catch((error: unknown) => {
        if (error instanceof Refused) return `${name}: ${error.message}`
        throw error
      })
      if (why !== undefined) waiting[name] = why
    }
    return { waiting }
  }

  /** Returns why it is not as it should be. */
  async #bring(name: string, wanted: Job | undefined, until: number): Promise<string | undefined> {
    const submitted = new Set<string>()
    for (;;) {
      const record = this.records.read(name)
      const step = nextStep(name, wanted, record, await this.look(record), {
        id: () => randomBytes(16).toString('hex'),
        savepoints: (of, run) => join(this.#config.savepoints, of, run),
      })
      if (!step) return undefined
      if (step.do === 'wait') {
        if (step.record) this.records.write(step.record)
        if ((step.record && !step.again) || performance.now() > until) return step.says
        await sleep(500)
        continue
      }
      if (step.do === 'submit' && submitted.has(step.version.hash)) return `${name} was submitted and does not stay`
      if (step.do === 'submit') submitted.add(step.version.hash)
      this.#say(step.says)
      const failed = await this.#do(name, step)
      if (failed !== undefined) return failed
    }
  }

  async #do(name: string, step: Exclude<Step, { readonly do: 'wait' }>): Promise<string | undefined> {
    if (step.do === 'forget') return void this.records.forget(name)
    // A power cut must leave what a record tells of, and what a job goes on from when that before it is removed.
    if (step.do === 'note' && step.record.restore !== undefined) this.#keep(pathOf(step.record.restore))
    if (step.do === 'remove' && step.record.run) this.#keep(join(this.#config.checkpoints, step.record.run.id))
    if (step.do !== 'remove') this.records.write(step.record)
    if (step.do === 'cancel') await this.rest.cancel(step.id)
    if (step.do === 'stop' && step.record.run && step.record.stopping)
      await this.rest.stop(step.record.run.id, step.record.stopping.trigger, step.record.stopping.into)
    if (step.do === 'remove') {
      for (const folder of step.folders) this.#remove(folder)
      this.records.write(step.record)
    }
    return step.do === 'submit' ? this.#submit(name, step) : undefined
  }

  #keep(folder: string): void {
    if (existsSync(folder)) bringToCard(folder)
  }

  /** Only what Flink has written for jobs, and no folder of several. */
  #remove(folder: string): void {
    const { checkpoints, savepoints } = this.#config
    const below = [checkpoints, savepoints].map(place => relative(place, folder))
    if (below.some(path => path !== '' && !path.startsWith('..'))) rmSync(folder, { recursive: true, force: true })
  }

  async #submit(name: string, { run, version, record }: Step & { readonly do: 'submit' }): Promise<string | undefined> {
    try {
      await submit(this.#config.submitter, name, version, run)
      return undefined
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      const why = run.from === undefined ? undefined : misfit(said)
      const words = causes(said)
      if (why === undefined) return `${name} could not be submitted: ${(words.length > 0 ? words : [said.slice(-300)]).join('; ')}`
      // The JobManager has taken it and found that its state does not fit: it is over, and the record says so.
      const { run: _run, ...rest } = record
      const after = { ...rest, ...(run.from !== undefined && { restore: run.from }), refused: { ...record.refused, [run.hash]: why } }
      this.records.write(after)
      this.#say(`this version of ${name} does not fit the state of the one before (${why}): ${choices(name)}`)
      return undefined
    }
  }
}
