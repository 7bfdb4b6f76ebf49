import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { writeWhole } from '../../engine/whole-file.ts'
import { hostPaths, labPaths } from '../paths.ts'
import { run } from '../run.ts'

/** Makes an ed25519 key pair unless it is there; the private half gets its name last, so a pair is never half. */
export async function ensureKey(file: string, comment: string): Promise<void> {
  if (existsSync(file)) return
  await mkdir(dirname(file), { recursive: true })
  const beside = `${file}.new`
  for (const old of [beside, `${beside}.pub`]) await rm(old, { force: true })
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', beside])
  await rename(`${beside}.pub`, `${file}.pub`)
  await rename(beside, file)
}

/** The name known_hosts gives a host: its address, with the port when it is not 22. */
export function knownName(host: Pick<Host, 'address' | 'port'>): string {
  return host.port === 22 ? host.address : `[${host.address}]:${host.port}`
}

/** A line of known_hosts from a public key file's text. */
export function knownLine(host: Pick<Host, 'address' | 'port'>, publicKey: string): string {
  const [type = '', key = ''] = publicKey.trim().split(' ')
  return `${knownName(host)} ${type} ${key}\n`
}

/**
 * Makes the client's key and every host's, and pins the hosts' in the lab's known_hosts: they are made out here, so the very first
 * connection is verified.
 */
export async function ensureKeys(fleet: Fleet): Promise<void> {
  const lab = labPaths(fleet.name)
  await ensureKey(lab.identity, `lab ${fleet.name}`)
  const lines = await Promise.all(
    fleet.hosts.map(async host => {
      const file = hostPaths(fleet.name, host.name).hostKey
      await ensureKey(file, host.name)
      return knownLine(host, await readFile(`${file}.pub`, 'utf8'))
    }),
  )
  writeWhole(lab.knownHosts, lines.join(''))
}
