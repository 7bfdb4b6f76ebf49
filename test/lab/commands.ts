import { spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { loadFleet } from '../../engine/inventory/load.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import type { PlannedChange, RunEvent } from '../../engine/run/events.ts'
import { exec } from '../../lab/index.ts'
import { registry } from '../../roles/index.ts'

const project = join(import.meta.dirname, '../..')

/** How a command ended. */
export interface Ended {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** The commands of the project as a user runs them, on a copy of an inventory with secrets and an identity of its own. */
export interface Commands {
  readonly fleet: Fleet
  start(command: string, words: readonly string[], onLine?: (line: string) => void): Running
  run(command: string, words: readonly string[]): Promise<Ended>
  /** Removes secrets, identity and the inventory's copy. */
  remove(): void
}

/** Takes an inventory of this folder. `kept`: where its copy and its secrets stay, for another run. */
export async function commandsFor(inventory: string, kept?: string): Promise<Commands> {
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'fleet-test-'))
  mkdirSync(folder, { recursive: true })
  const file = join(folder, basename(inventory))
  copyFileSync(join(import.meta.dirname, inventory), file)
  const start: Commands['start'] = (command, words, onLine) => {
    const began = Date.now()
    const child = spawn(process.execPath, [join(project, 'scripts/bin', `${command}.mjs`), ...words, '--inventory', file], {
      cwd: project,
      env: { ...process.env, FLEET_IDENTITY: join(folder, 'identity.txt') },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const before = output.stdout.lastIndexOf('\n') + 1
      output.stdout += text
      if (onLine) for (const line of output.stdout.slice(before).split('\n').slice(0, -1)) onLine(line)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => resolve({ code: code ?? undefined, ...output, seconds: (Date.now() - began) / 1000 }))
    })
    return { child, ended }
  }
  return {
    fleet: await loadFleet(file, registry),
    start,
    run: (command, words) => start(command, words).ended,
    remove: () => {
      if (kept === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The events of a `--json` run. */
export function eventsOf(stdout: string): RunEvent[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as RunEvent)
}

/** What a run means to change, by host: `role: resource: what; what`. */
export function plannedOf(events: readonly RunEvent[]): Record<string, string[]> {
  return Object.fromEntries(events.flatMap(event => (event.event === 'planned' ? [[event.host, event.changes.map(planned)]] : [])).sort())
}

/** What a run did, by host, in the words of its plan. */
export function changedOf(events: readonly RunEvent[]): Record<string, string[]> {
  const hosts: Record<string, string[]> = {}
  for (const event of events) {
    if (event.event === 'changed') (hosts[event.host] ??= []).push(`${event.role}: ${event.resource}: ${event.does.join('; ')}`)
  }
  return Object.fromEntries(Object.entries(hosts).sort())
}

const planned = ({ role, resource, changes }: PlannedChange) => `${role}: ${resource}: ${changes.map(change => change.does).join('; ')}`

/** Runs shell text inside a host of the lab as root. Throws with what it said when it fails. */
export async function inside(fleet: Fleet, host: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await exec(fleet, host, ['bash', '-s'], { stdin: script })
  if (code !== 0) throw new Error(`on ${host}, exit ${code}: ${script}\n${stdout}${stderr}`)
  return stdout.trim()
}

/** Looks each second until `look` gives something; throws, with the last it saw, after `seconds`. */
export async function eventually<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + seconds * 1000
  let last = ''
  for (;;) {
    try {
      const found = await look()
      if (found !== undefined) return found
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s${last && `: ${last}`}`)
    await new Promise(done => setTimeout(done, 1000))
  }
}
