import { randomBytes } from 'node:crypto'
import { chmod, chown, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import type { Host, Release } from '../../engine/inventory/types.ts'
import { nprocScript } from '../board/nproc.ts'
import { LabError } from '../errors.ts'
import { reachableResolvConf } from '../network/resolv.ts'
import type { HostPaths } from '../paths.ts'
import { isForeign } from '../root/architecture.ts'
import { run } from '../run.ts'

/** One file of a host's own. */
export interface OwnFile {
  readonly path: string
  readonly content: string
  readonly mode?: number
}

/**
 * What makes a copy of the root file system this host and no other.
 * @param clientKey public key that opens `root`
 * @param cores of the host and of the machine
 */
export function ownFiles(
  host: Host,
  clientKey: string,
  resolvConf: string,
  cores: { readonly host: number; readonly machine: number },
): OwnFile[] {
  return [
    { path: '/etc/hostname', content: `${host.name}\n` },
    { path: '/etc/hosts', content: `127.0.0.1\tlocalhost\n127.0.1.1\t${host.name}\n` },
    // A known id: systemd would take an empty one for a first boot and ask questions.
    { path: '/etc/machine-id', content: `${randomBytes(16).toString('hex')}\n`, mode: 0o444 },
    { path: '/etc/resolv.conf', content: resolvConf },
    { path: '/root/.ssh/authorized_keys', content: clientKey, mode: 0o600 },
    { path: '/etc/default/locale', content: 'LANG=C.UTF-8\n' },
    ...(host.port === 22 ? [] : [{ path: '/etc/ssh/sshd_config.d/port.conf', content: `Port ${host.port}\n` }]),
    ...(host.lab?.sudoPassword === undefined
      ? []
      : [{ path: '/etc/sudoers.d/010_pi-nopasswd', content: 'pi ALL=(ALL) PASSWD: ALL\n', mode: 0o440 }]),
    ...(isForeign(host.arch) ? [{ path: '/etc/systemd/system/service.d/emulated.conf', content: withoutCredentials(host.os) }] : []),
    ...(host.os === 'trixie' ? [] : [{ path: '/etc/systemd/system/prometheus-node-exporter.service.d/zz-board.conf', content: seesBoard }]),
    ...(cores.host > cores.machine ? [{ path: '/usr/local/bin/nproc', content: nprocScript, mode: 0o755 }] : []),
  ]
}

/**
 * For a service with one of these, systemd before trixie's mounts /proc anew, without what the board put there: the exporter would tell
 * of the machine's processors and memory, and when that was booted.
 */
const seesBoard = '[Service]\nProtectKernelTunables=no\nProtectControlGroups=no\n'

/** qemu does not know the mounts systemd makes for a service's credentials: services that have any would not start. */
function withoutCredentials(release: Release | undefined): string {
  return `[Service]\nLoadCredential=\n${release === 'trixie' ? 'ImportCredential=\n' : ''}`
}

/**
 * Writes them into the host's root, with its host key and the client's key for `pi`.
 * @param cores the host believes to have
 * @throws LabError for a user that the lab does not make
 */
export async function personalize(paths: HostPaths, host: Host, clientKey: string, cores: number): Promise<void> {
  if (!['pi', 'root'].includes(host.user))
    throw new LabError(`Host ${host.name}: a virtual Pi has no user ${host.user}.`, 'Use pi or root in the inventory of a lab.')
  const { text } = await machineResolvConf()
  for (const file of ownFiles(host, clientKey, text, { host: cores, machine: availableParallelism() })) await put(paths.root, file)
  await authorizePi(paths.root, clientKey)
  await putHostKey(paths.root, paths.hostKey)
  if (host.lab?.sudoPassword !== undefined)
    await run(['chroot', paths.root, '/usr/sbin/chpasswd'], { input: `pi:${host.lab.sudoPassword}\n` })
}

/** Puts a host key pair into a host's root. */
export async function putHostKey(root: string, key: string): Promise<void> {
  const inside = join(root, 'etc/ssh/ssh_host_ed25519_key')
  await copyFile(`${key}.pub`, `${inside}.pub`)
  await copyFile(key, inside)
  await chmod(inside, 0o600)
}

/** resolv.conf for hosts, and how many name servers it names. */
export async function machineResolvConf(): Promise<{ readonly text: string; readonly servers: number }> {
  const files = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf', '/run/NetworkManager/no-stub-resolv.conf']
  return reachableResolvConf(await Promise.all(files.map(file => readFile(file, 'utf8').catch(() => ''))))
}

async function authorizePi(root: string, clientKey: string): Promise<void> {
  const home = join(root, 'home/pi')
  await put(root, { path: '/home/pi/.ssh/authorized_keys', content: clientKey, mode: 0o600 })
  await chmod(join(home, '.ssh'), 0o700)
  for (const path of ['.ssh', '.ssh/authorized_keys']) await chown(join(home, path), 1000, 1000)
}

async function put(root: string, file: OwnFile): Promise<void> {
  const path = join(root, file.path)
  await mkdir(dirname(path), { recursive: true, mode: file.path.includes('/.ssh/') ? 0o700 : 0o755 })
  // The old one may be a link out of the host's root.
  await rm(path, { force: true })
  await writeFile(path, file.content, { mode: file.mode ?? 0o644 })
}
