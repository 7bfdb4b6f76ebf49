import { execa } from 'execa'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { loadFleet } from '../../engine/inventory/load.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { down, exec, labPaths, up } from '../../lab/index.ts'
import { registry } from '../../roles/index.ts'

/** Can virtual Pis run here? */
export const able = process.platform === 'linux' && process.getuid?.() === 0
export const minutes = 60_000

const project = join(import.meta.dirname, '../..')

/** A folder for inventories and secrets of a test, with an identity of its own. */
export class Workplace {
  /** Milliseconds that a command may take. */
  patience = 5 * minutes
  /** Where the commands come from that are started. */
  project = project
  readonly folder: string
  readonly env: Readonly<Record<string, string>>

  /** `kept`: a folder that stays, so that the next run of a proof goes on with its hosts. */
  constructor(kept?: string) {
    this.folder = kept ?? mkdtempSync(join(tmpdir(), 'temperature-fleet-test-'))
    mkdirSync(this.folder, { recursive: true })
    this.env = { FLEET_IDENTITY: join(this.folder, 'identity.txt'), NO_COLOR: '1' }
  }

  /** Writes an inventory; YAML reads JSON. */
  write(name: string, fleet: string, inventory: Readonly<Record<string, unknown>>): string {
    const file = join(this.folder, `${name}.yaml`)
    const { identity, knownHosts } = labPaths(fleet)
    const ssh = { identity, knownHosts, ...(inventory['ssh'] as object | undefined) }
    writeFileSync(file, JSON.stringify({ fleet, ...inventory, ssh }))
    return file
  }

  load(file: string): Promise<Fleet> {
    return loadFleet(file, registry)
  }

  /** Boots the hosts of an inventory, whatever an earlier run left of them. `goesOn`: those that are up stay as they are. */
  async boot(file: string, goesOn = false): Promise<Fleet> {
    const fleet = await this.load(file)
    if (!goesOn) await down(fleet)
    try {
      await up(fleet)
    } catch (error) {
      if (!goesOn) await down(fleet)
      throw error
    }
    return fleet
  }

  /** Takes hosts and folder away; the folder also where the hosts do not go. */
  async end(fleet: Fleet): Promise<void> {
    try {
      await down(fleet)
    } finally {
      this.remove()
    }
  }

  /** Starts the real `provision`. */
  start(file: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
    return this.command('provision', ['--inventory', file, ...args], env)
  }

  /** Starts a command of the project. */
  command(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return execa(process.execPath, [join(this.project, 'scripts/bin', `${name}.mjs`), ...args], {
      reject: false,
      all: true,
      env: { ...this.env, ...env },
      stdin: 'ignore',
      timeout: this.patience,
    })
  }

  /** Runs the real command to its end. */
  async provision(file: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Told> {
    return told(await this.start(file, args, env))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** What a command said, and how it ended. */
export interface Told {
  readonly code: number | undefined
  readonly text: string
}

export function told(result: { readonly exitCode?: number; readonly all?: string }): Told {
  return { code: result.exitCode, text: result.all ?? '' }
}

/** What no message to a person may hold. */
export function expectPlain({ text }: Told): void {
  expect(text).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m)
  expect(text).not.toMatch(/defect of this program|\bundefined\b|\[object /)
}

/** Runs shell text inside a host, not over the network; what it printed. */
export async function inside(fleet: Fleet, host: string, script: string): Promise<string> {
  const { stdout, stderr } = await exec(fleet, host, ['bash', '-c', script])
  return (stdout + stderr).trim()
}

/** Waits until something is so; fails with the last of it after `seconds`. */
export async function eventually(what: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`not so after ${seconds} s: ${what.toString()}`)
    await new Promise(done => setTimeout(done, 100))
  }
}
