import { createHash } from 'node:crypto'
import type { Architecture, Release } from '../../engine/inventory/types.ts'
import type { Command } from '../run.ts'

/** What is in every host before a role comes: what a Pi from the shop has of it, and nothing that the roles install. */
const packages = ['systemd', 'systemd-sysv', 'dbus', 'openssh-server', 'iproute2', 'sudo', 'ca-certificates', 'procps', 'iputils-ping']

/** Nobody reads manuals here, and every package that is installed gets quicker. */
const dpkgOptions = [
  'force-unsafe-io',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/locale/*',
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
]

/** Timers that would eat a slow Pi's processor, and services that make no sense without a screen. */
const masked = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'fstrim.timer',
  'console-getty.service',
]

/** Turns a plain Debian into the lab's: `$1` is the new root. */
const customize = `set -e
cp -a /usr/local/share/ca-certificates/. "$1/usr/local/share/ca-certificates/" 2>/dev/null || true
chroot "$1" update-ca-certificates >/dev/null 2>&1
chroot "$1" useradd --create-home --shell /bin/bash --uid 1000 --groups sudo,adm,video,users --password '*' pi
echo 'pi ALL=(ALL) NOPASSWD: ALL' > "$1/etc/sudoers.d/010_pi-nopasswd"
chmod 0440 "$1/etc/sudoers.d/010_pi-nopasswd"
mkdir -p -m 0755 "$1/etc/ssh/sshd_config.d"
echo 'PermitRootLogin prohibit-password' > "$1/etc/ssh/sshd_config.d/lab.conf"
rm -f "$1"/etc/ssh/ssh_host_*
# Without manuals their folders would be missing, and with them every package that links to one (Java's) would fail.
for n in 1 2 3 4 5 6 7 8; do mkdir -p "$1/usr/share/man/man$n"; done
for u in ${masked.join(' ')}; do ln -sf /dev/null "$1/etc/systemd/system/$u"; done
ln -sf /usr/share/zoneinfo/Etc/UTC "$1/etc/localtime"; echo Etc/UTC > "$1/etc/timezone"
echo 'Virtual Raspberry Pi' > "$1/etc/rpi-issue"
rm -f "$1/etc/machine-id" "$1/etc/resolv.conf" "$1/etc/hostname"
`

/** All that a root file system depends on. */
export interface Recipe {
  readonly release: Release
  readonly arch: Architecture
  /** apt lines of the hosts. */
  readonly sources: readonly string[]
  /** apt.conf lines of the hosts. */
  readonly settings: readonly string[]
  /** Digest of the certificates this machine trusts beyond Debian's. */
  readonly certificates: string
}

/** Name of the root file system: another recipe, another name. */
export function rootName(recipe: Recipe): string {
  const all = JSON.stringify([recipe, packages, dpkgOptions, customize])
  return `${recipe.release}-${recipe.arch}-${createHash('sha256').update(all).digest('hex').slice(0, 12)}`
}

/**
 * The command that builds it. It holds the lock itself for as long as any part of it runs, and ends with the process that started it:
 * a `lab up` that is killed leaves no builder, no mount and no lock.
 */
export function buildCommand(recipe: Recipe, target: string, lock: string): Command {
  return [
    'flock',
    ...['--no-fork', '--nonblock', '--conflict-exit-code', '75', lock],
    ...['setpriv', '--pdeathsig', 'KILL'],
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...['mmdebstrap', '--mode=root', '--variant=minbase', '--components=main'],
    `--architectures=${recipe.arch}`,
    `--include=${packages.join(',')}`,
    ...dpkgOptions.map(option => `--dpkgopt=${option}`),
    ...recipe.settings.map(line => `--aptopt=${line}`),
    `--customize-hook=${customize}`,
    recipe.release,
    target,
    ...recipe.sources,
  ]
}
