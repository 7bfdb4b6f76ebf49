import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fleet } from '../engine/inventory/types.ts'
import { groupOf, hierarchies, processesOf } from './cgroup/groups.ts'
import { mountPoints } from './cgroup/hierarchies.ts'
import { LabError } from './errors.ts'
import { joined } from './host/boot.ts'
import { leaderOf } from './host/process.ts'
import { identityOf } from './identity.ts'
import { execGroups, insideCommand } from './inside.ts'
import { labPaths } from './paths.ts'
import { hostNamed } from './preconditions.ts'
import { attempt, type Command, type Outcome } from './run.ts'

export interface ExecOptions {
  /** Standard input of the program; absent: none. */
  readonly stdin?: string
}

/**
 * The command that runs a program inside a host, as root and within the host's limits. It does not go through the network: it works on a
 * host that was cut off, or whose host key was changed.
 * @throws LabError when there is no such host, or it is not up
 */
export async function execCommand(fleet: Fleet, name: string, argv: readonly string[]): Promise<Command> {
  const host = hostNamed(fleet, name)
  const all = await hierarchies()
  const group = groupOf(identityOf(fleet.name).prefix, host.name)
  const leader = await leaderOf(await processesOf(all, group))
  if (leader === undefined) throw new LabError(`${name} is not up.`, 'Boot it with `lab up`.')
  const groups = execGroups(
    mountPoints(all).map(mount => join(mount, group)),
    all.v2,
  )
  for (const directory of groups) await mkdir(directory, { recursive: true })
  return joined(groups, insideCommand(leader, argv))
}

/**
 * Runs a program inside a host and passes on its exit code; nothing goes through a shell.
 * @throws LabError when there is no such host, or it is not up
 */
export async function exec(fleet: Fleet, name: string, argv: readonly string[], options: ExecOptions = {}): Promise<Outcome> {
  return attempt(await execCommand(fleet, name, argv), options.stdin === undefined ? {} : { input: options.stdin })
}

/**
 * Arguments for ssh(1) that log in to a host with the lab's key and its pinned host keys, whatever the user's own settings are.
 * @throws LabError when there is no such host
 */
export function sshArgs(fleet: Fleet, name: string): string[] {
  const host = hostNamed(fleet, name)
  const lab = labPaths(fleet.name)
  const options = [
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${lab.knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
  ]
  return [
    '-F',
    '/dev/null',
    '-i',
    lab.identity,
    ...options.flatMap(option => ['-o', option]),
    '-p',
    String(host.port),
    `${host.user}@${host.address}`,
  ]
}
