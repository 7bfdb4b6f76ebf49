import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { writeBoard } from '../board/files.ts'
import { groupOf, isFrozen, killGroup, makeGroup, processesOf, setFrozen } from '../cgroup/groups.ts'
import type { Hierarchies } from '../cgroup/hierarchies.ts'
import { cpusFor } from '../cgroup/settings.ts'
import { LabError } from '../errors.ts'
import { identityOf } from '../identity.ts'
import { limitsOf } from '../limits.ts'
import { type DelayKind, ensureLink } from '../network/link.ts'
import { hostPaths, labPaths } from '../paths.ts'
import { isForeign } from '../root/architecture.ts'
import { greets, waitFor } from './answers.ts'
import { bootCommand, bootEnvironment, joined, startDetached } from './boot.ts'
import { finishCard, insertCard } from './card.ts'
import { personalize } from './personal.ts'
import { leaderOf } from './process.ts'

/** Seconds a host gets to answer SSH; emulated ones on a busy machine take their time. */
const patience = { native: 90, foreign: 300 }

export interface HostUp {
  /** From its start until it answers; 0 when it did already. */
  readonly seconds: number
  readonly delay: DelayKind
}

/**
 * Sees that one host is up: makes what is missing of it, boots it, waits until it answers SSH. A frozen host is thawed.
 * @param lower the root file system for a new host
 * @throws LabError with the last lines of its console when it does not answer
 */
export async function ensureHost(fleet: Fleet, host: Host, lower: string, all: Hierarchies): Promise<HostUp> {
  const began = Date.now()
  const id = identityOf(fleet.name)
  const paths = hostPaths(fleet.name, host.name)
  const group = groupOf(id.prefix, host.name)
  const limits = limitsOf(host)
  if (await isFrozen(all, group)) await setFrozen(all, group, false)
  const delay = await ensureLink(fleet, host, all)
  const groups = await makeGroup(all, group, limits, cpusFor(limits.cores, availableParallelism(), fleet.hosts.indexOf(host)))
  if ((await isUp(all, group)) && (await greets(host.address, host.port, 2000 + 4 * (host.lab?.delay ?? 0)))) return { seconds: 0, delay }

  let alive = (): boolean => true
  if (!(await isUp(all, group))) {
    // What is left of a boot that was killed half-way would be in the way of the next.
    await killGroup(all, group)
    if (await insertCard(paths, lower, id.machine(host.name))) {
      await personalize(paths, host, await readFile(`${labPaths(fleet.name).identity}.pub`, 'utf8'), limits.cores)
      await finishCard(paths, lower)
    }
    await writeBoard(paths.board, host, limits)
    const boot = { host: host.name, machine: id.machine(host.name), root: paths.root, netns: id.netns(host.name), board: paths.board }
    alive = await startDetached(joined(groups, bootCommand(boot)), paths.console, bootEnvironment)
  }
  const seconds = isForeign(host.arch) ? patience.foreign : patience.native
  if (!(await waitFor(host.address, host.port, seconds, alive))) throw await notUp(host, paths.console, alive())
  return { seconds: (Date.now() - began) / 1000, delay }
}

async function isUp(all: Hierarchies, group: string): Promise<boolean> {
  return (await leaderOf(await processesOf(all, group))) !== undefined
}

async function notUp(host: Host, console: string, running: boolean): Promise<LabError> {
  const text = existsSync(console) ? await readFile(console, 'utf8') : ''
  const lines = text
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
    .trim()
    .split(/[\r\n]+/)
    .slice(-8)
    .join('\n  ')
  const what = running ? 'runs but does not answer SSH' : 'ended while it booted'
  return new LabError(`${host.name} ${what}. Its console's last lines:\n  ${lines || '(none)'}`, `The whole console is in ${console}.`)
}
