import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { expect } from 'vitest'
import { down, up } from '../../lab/index.ts'
import type { Told } from '../../lab/scenario/run.ts'
import type { Errand } from '../../roles/kafka/admin/session.ts'
import { tlsFiles } from '../../roles/kafka/config/paths.ts'
import { type Commands, commandsFor, inside } from './commands.ts'

/** `SCENARIO_KEEP=FOLDER`: hosts stay up and secrets stay there, so that the next run of a proof need not set them up again. */
const kept = process.env['SCENARIO_KEEP']

/** A fleet of virtual Pis at work, and the command that breaks it. */
export class ScenarioLab {
  commands!: Commands
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet-scenarios-'))
  readonly page = join(this.folder, 'page.html')

  /** Boots and provisions an inventory of this folder; `before`: with other words in it, which are as they were then. */
  async begin(inventory: string, before: readonly (readonly [text: string | RegExp, instead: string])[] = []): Promise<void> {
    this.commands = await commandsFor(inventory, kept && join(kept, basename(inventory, '.yaml')))
    if (!kept) await down(this.commands.fleet)
    await up(this.commands.fleet)
    const { file } = this.commands.fleet
    const text = readFileSync(file, 'utf8')
    const first = !existsSync(join(dirname(file), 'identity.txt'))
    writeFileSync(
      file,
      before.reduce((changed, [some, instead]) => (first ? changed.replace(some, instead) : changed), text),
    )
    const { code, stdout, stderr } = await this.commands.run('provision', [])
    expect(code, stdout + stderr).toBe(0)
    writeFileSync(file, text)
  }

  async end(): Promise<void> {
    if (!this.commands) return
    if (!kept) await down(this.commands.fleet)
    this.commands.remove()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Writes a scenario. */
  file(name: string, text: string): string {
    const file = join(this.folder, `${name}.yaml`)
    writeFileSync(file, text)
    return file
  }

  /** `lab scenario`. */
  async run(files: readonly string[], ...words: string[]) {
    const { code, stdout, stderr } = await this.commands.run('lab', ['scenario', ...files, '--json', '--out', this.page, ...words])
    expect(stderr).not.toMatch(/error:|defect/)
    return { code, told: JSON.parse(stdout) as Told[], said: stderr }
  }

  /** The verdict on one file, told to who watches. */
  async verdictOf(file: string) {
    const { code, told, said } = await this.run([file])
    const [one] = told
    if (!one) throw new Error(said)
    console.info(`${one.scenario}: ${one.verdict}: ${one.reasons.join('; ')} (${one.seconds.toFixed(0)} s)`)
    return { ...one, code, said }
  }

  on(host: string, script: string): Promise<string> {
    return inside(this.commands.fleet, host, script)
  }

  /** An errand of `kafka-admin`, on the first broker that is there. */
  async kafka<Answer>(errand: Pick<Errand, 'change' | 'ask' | 'configs'>): Promise<Answer> {
    const brokers = this.commands.fleet.hosts.filter(({ roles }) => roles.includes('kafka'))
    const at = brokers.map(({ address }) => ({ host: address, port: 9093 }))
    const whole = JSON.stringify({ at, caFile: tlsFiles.ca, ownFile: tlsFiles.own, ...errand })
    return JSON.parse(await this.on(brokers[0]?.name ?? '', `kafka-admin <<'END'\n${whole}\nEND`)) as Answer
  }
}

/** A scenario of this project. */
export const scenarioFile = (name: string): string => join(import.meta.dirname, '../../lab/scenarios', `${name}.yaml`)
