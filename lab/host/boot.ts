import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { boardInside } from '../board/init.ts'
import type { Command } from '../run.ts'

/** What a host is booted with. */
export interface Boot {
  readonly host: string
  readonly machine: string
  readonly root: string
  readonly netns: string
  readonly board: string
}

/** The command that boots a host; it runs for as long as the host. */
export function bootCommand(boot: Boot): Command {
  return [
    'systemd-nspawn',
    '--quiet',
    `--directory=${boot.root}`,
    `--machine=${boot.machine}`,
    `--hostname=${boot.host}`,
    `--network-namespace-path=/run/netns/${boot.netns}`,
    // Without systemd as this machine's first process there is nobody to register with, and no unit to make.
    '--register=no',
    '--keep-unit',
    '--console=read-only',
    '--link-journal=no',
    '--resolv-conf=off',
    '--timezone=off',
    '--kill-signal=SIGRTMIN+3',
    '--capability=CAP_NET_ADMIN',
    `--bind=${boot.board}:${boardInside}`,
    `${boardInside}/init`,
  ]
}

/** Roles may set network sysctls; v2 cgroups inside whatever the machine has (newer systemd refuses v1); /tmp on the card like a Pi's. */
export const bootEnvironment = {
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network',
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1',
  SYSTEMD_NSPAWN_TMPFS_TMP: '0',
}

/** A command that first joins groups, then becomes the given one: it is limited, and can be found again, from its first instruction. */
export function joined(groups: readonly string[], command: Command): Command {
  const script = 'set -e; while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done; shift; exec "$@"'
  return ['sh', '-c', script, 'join', ...groups, '--', ...command]
}

/**
 * Starts a program that outlives this one, in a session of its own.
 * @param log file its output goes to, begun anew
 * @returns tells whether it still runs
 */
export async function startDetached(
  command: Command,
  log: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<() => boolean> {
  const [file, ...args] = command
  const out = openSync(log, 'w')
  const path = `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`
  const child = spawn(file, args, { cwd: '/', detached: true, stdio: ['ignore', out, out], env: { PATH: path, ...environment } })
  closeSync(out)
  await once(child, 'spawn')
  child.unref()
  return () => child.exitCode === null && child.signalCode === null
}
