import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The project's folder. */
export const project = fileURLToPath(new URL('../../../', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface StartOptions {
  readonly in?: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** Starts a command the way npm does, and waits for its end. */
export function start(command: string, args: readonly string[], options: StartOptions = {}): Ended {
  const root = options.in ?? project
  const { FLEET_INVENTORY: _own, NO_COLOR: _no, FORCE_COLOR: _forced, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'bin', `${command}.mjs`), ...args], {
    cwd: options.cwd ?? root,
    env: { ...env, ...options.env },
    encoding: 'utf8',
    input: options.input ?? '',
  })
  return { code: status, stdout, stderr }
}

/** An empty folder, until the test ends. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'commands-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A project of one small command that a test may change: the real launcher, packages shared, and a cache of its own. */
export function smallProject(sources: Readonly<Record<string, string>>): string {
  const root = temporary()
  cpSync(join(project, 'scripts', 'bin'), join(root, 'scripts', 'bin'), { recursive: true })
  mkdirSync(join(root, 'node_modules'))
  for (const name of ['esbuild', 'age-encryption', 'typescript'])
    symlinkSync(join(project, 'node_modules', name), join(root, 'node_modules', name))
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  for (const [file, text] of Object.entries(sources)) writeFileSync(join(root, file), text)
  return root
}
