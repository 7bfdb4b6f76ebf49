import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { down, up } from '../../lab/index.ts'
import type { Told } from '../../lab/scenario/run.ts'
import { type Commands, commandsFor, inside } from './commands.ts'

/** A fleet of virtual Pis at work, and the command that breaks it. */
export class ScenarioLab {
  commands!: Commands
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet-scenarios-'))
  readonly page = join(this.folder, 'page.html')

  /** Boots and provisions an inventory of this folder. */
  async begin(inventory: string): Promise<void> {
    this.commands = await commandsFor(inventory)
    await down(this.commands.fleet)
    await up(this.commands.fleet)
    const { code, stdout, stderr } = await this.commands.run('provision', [])
    expect(code, stdout + stderr).toBe(0)
  }

  async end(): Promise<void> {
    if (!this.commands) return
    await down(this.commands.fleet)
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

  on(host: string, script: string): Promise<string> {
    return inside(this.commands.fleet, host, script)
  }
}

/** A scenario of this project. */
export const scenarioFile = (name: string): string => join(import.meta.dirname, '../../lab/scenarios', `${name}.yaml`)
