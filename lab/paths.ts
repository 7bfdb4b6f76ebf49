import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LabError } from './errors.ts'

/** State of all labs: what `down` removes. */
export const labsDir = '/var/lib/temperature-fleet/lab'
/** Root file systems, shared by all labs and clones of the project. */
export const rootsDir = '/var/cache/temperature-fleet/rootfs'
/** Copies of cards; `down` leaves them. */
export const snapshotsDir = '/var/cache/temperature-fleet/snapshots'

/** Where one lab keeps its things. */
export interface LabPaths {
  readonly dir: string
  readonly lock: string
  /** Private key that opens `pi` and `root` on every host of the lab. */
  readonly identity: string
  /** Host keys of all hosts, pinned before the first boot. */
  readonly knownHosts: string
  readonly hosts: string
  /** What the process that plays the boards reads. */
  readonly boards: string
}

/** Where one host keeps its things. */
export interface HostPaths {
  readonly dir: string
  /** The virtual SD card: a sparse file with a file system, and where it is mounted. */
  readonly card: string
  readonly disk: string
  readonly upper: string
  readonly work: string
  /** The host's whole root, as it sees it. */
  readonly root: string
  readonly hostKey: string
  /** Says the card holds a whole host, and which root file system it was made from. */
  readonly prepared: string
  /** Files that stand in for the machine's in /proc and /sys. */
  readonly board: string
  readonly console: string
}

export function labPaths(fleetName: string): LabPaths {
  const dir = join(labsDir, fleetName)
  return {
    dir,
    lock: join(labsDir, `.${fleetName}.lock`),
    identity: join(dir, 'id_ed25519'),
    knownHosts: join(dir, 'known_hosts'),
    hosts: join(dir, 'hosts'),
    boards: join(dir, 'boards.json'),
  }
}

export function hostPaths(fleetName: string, host: string): HostPaths {
  const dir = join(labPaths(fleetName).hosts, host)
  return {
    dir,
    card: join(dir, 'card.img'),
    disk: join(dir, 'disk'),
    upper: join(dir, 'disk', 'upper'),
    work: join(dir, 'disk', 'work'),
    root: join(dir, 'root'),
    hostKey: join(dir, 'ssh_host_ed25519_key'),
    prepared: join(dir, 'prepared'),
    board: join(dir, 'board'),
    console: join(dir, 'console.log'),
  }
}

/**
 * A source file of the project, for programs that are started beside this one. Found from the project's package.json because this
 * module may itself run from a bundle somewhere below it.
 * @throws LabError when no project is found.
 */
export function sourceFile(path: string): string {
  for (let dir = dirname(fileURLToPath(import.meta.url)); dir !== dirname(dir); dir = dirname(dir)) {
    const manifest = join(dir, 'package.json')
    if (existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"temperature-fleet"')) return join(dir, path)
  }
  throw new LabError('The lab cannot find its own source files.', 'Run it from the project folder, after npm ci.')
}
