import { execa } from 'execa'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Architecture, Release } from '../../engine/inventory/types.ts'
import { LabError } from '../errors.ts'
import type { Listener } from '../events.ts'
import { rootsDir } from '../paths.ts'
import { isForeign } from './architecture.ts'
import { enableForeign } from './foreign.ts'
import { recipeHere } from './machine.ts'
import { buildCommand, rootName } from './recipe.ts'

/** Exit code of the build command while another process builds the same root file system. */
const busy = 75

/**
 * The root file system for hosts of that release and architecture; built when it is not in the cache yet.
 * @returns its directory, only ever to be read
 * @throws LabError with the builder's last lines
 */
export async function rootFor(release: Release, arch: Architecture, on: Listener): Promise<string> {
  if (isForeign(arch)) await enableForeign(arch)
  const recipe = await recipeHere(release, arch)
  const name = rootName(recipe)
  const target = join(rootsDir, name)
  const lock = join(rootsDir, `.${name}.lock`)
  await mkdir(rootsDir, { recursive: true })
  let told = false
  while (!existsSync(target)) {
    const beside = join(rootsDir, `.${name}.${process.pid}`)
    let outcome: 'built' | 'busy'
    try {
      outcome = await build(buildCommand(recipe, beside, lock), `${release} ${arch}`, isForeign(arch), on)
      // Whole now: only a finished root ever has the final name. The rename is refused when another builder was first.
      if (outcome === 'built' && !existsSync(target)) await rename(beside, target)
    } finally {
      await rm(beside, { recursive: true, force: true })
      await removeLeftovers(name, lock)
    }
    if (outcome === 'busy') {
      if (!told) on({ kind: 'step', text: `Waiting for another process that builds ${release} ${arch} …` })
      told = true
      await sleep(1000)
    }
  }
  return target
}

async function build(command: readonly string[], what: string, foreign: boolean, on: Listener): Promise<'built' | 'busy'> {
  const began = Date.now()
  const seconds = (): number => Math.round((Date.now() - began) / 1000)
  const [file = '', ...args] = command
  const child = execa(file, args, { reject: false, stdin: 'ignore', env: { LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' } })
  const last: string[] = []
  let said = false
  for await (const line of createInterface({ input: child.stderr })) {
    if (!said)
      on({ kind: 'step', text: `Building the ${what} root file system, once (${foreign ? 'about 5 minutes, emulated' : '20 to 60 s'}) …` })
    said = true
    last.push(line)
    if (last.length > 15) last.shift()
    if (line.startsWith('I: ')) on({ kind: 'progress', text: line.slice(3), seconds: seconds() })
  }
  const { exitCode, shortMessage } = await child
  if (exitCode === busy) return 'busy'
  if (exitCode !== 0) {
    throw new LabError(
      `The ${what} root file system could not be built:\n  ${last.join('\n  ') || shortMessage}`,
      'See that this machine reaches its Debian mirror (apt-get update), then run the command again.',
    )
  }
  on({ kind: 'step', text: `Built the ${what} root file system in ${seconds()} s; it is kept for the next time.` })
  return 'built'
}

/** Removes unfinished roots of builders that are no more. */
async function removeLeftovers(name: string, lock: string): Promise<void> {
  for (const entry of await readdir(rootsDir)) {
    const path = join(rootsDir, entry)
    const pid = /^\.(.+)\.(\d+)$/.exec(entry)
    if (pid?.[1] === name && path !== lock && !existsSync(`/proc/${pid[2]}`)) await rm(path, { recursive: true, force: true })
  }
}
