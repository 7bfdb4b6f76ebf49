import { join } from 'node:path'

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
  /** Faults that are in force, so what is owed to the hosts; and the lock of who changes it. */
  readonly faults: string
  readonly faultsLock: string
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
  /** How bad its cable is, for the process that carries its frames. */
  readonly wire: string
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
    faults: join(dir, 'faults.json'),
    faultsLock: join(dir, 'faults.lock'),
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
    wire: join(dir, 'wire.json'),
  }
}
