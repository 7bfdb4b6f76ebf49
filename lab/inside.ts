import { join } from 'node:path'
import type { Command } from './run.ts'

/** What a program started in a host finds in its environment, as root's login there would have it. */
export const environmentInside = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  LANG: 'C.UTF-8',
  TERM: 'dumb',
}

/** The command that runs another in all of a host's namespaces, as root. */
export function insideCommand(leader: number, command: readonly string[]): Command {
  const environment = Object.entries(environmentInside).map(([name, value]) => `${name}=${value}`)
  const enter = ['--target', String(leader), '--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd']
  return ['nsenter', ...enter, '--', 'env', '-i', ...environment, ...command]
}

/** v2 lets processes only be where no groups are below: beside systemd's group, not above it. */
export function execGroups(groups: readonly string[], v2: string | undefined): string[] {
  return groups.map(group => (v2 !== undefined && group.startsWith(`${v2}/`) ? join(group, 'exec') : group))
}
