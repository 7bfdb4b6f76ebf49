import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError } from './errors.ts'
import { identityOf } from './identity.ts'
import { deviceExists } from './network/line.ts'
import { otherLabs } from './others.ts'
import { labsDir } from './paths.ts'

/** A number of this machine's kernel that labs need higher than it is, while one of them is up. */
export interface MachineSetting {
  /** As sysctl names it. */
  readonly name: string
  readonly file: string
  /** Keeps what it was before a lab raised it. */
  readonly mark: string
}

const setting = (name: string): MachineSetting => ({
  name,
  file: `/proc/sys/${name.replaceAll('.', '/')}`,
  mark: join(labsDir, `.${name}`),
})

/** Lets this machine forward packets for its labs. */
export const forwarding = setting('net.ipv4.ip_forward')

/** Every systemd, also a virtual Pi's, watches files with some of these; all of them are this machine's root's. */
export const watchers = setting('fs.inotify.max_user_instances')

/** How many watchers labs of so many hosts want: at 128, the usual number, some 25 hosts boot; a hundred booted with 4096. */
export function watchersFor(hosts: number): number {
  return 1024 + 40 * hosts
}

/**
 * Sees that a setting is at least so high; what it was is remembered first. @throws LabError saying what to type where it cannot be raised
 */
export async function raise({ name, file, mark }: MachineSetting, least: number): Promise<void> {
  const before = (await readFile(file, 'utf8')).trim()
  if (Number(before) >= least) return
  if (!existsSync(mark)) await writeFile(mark, `${before}\n`)
  try {
    await writeFile(file, `${least}\n`)
  } catch (error) {
    throw new LabError(
      `The labs need ${name} at ${least} or more; it is ${before} and cannot be raised here: ${(error as Error).message}.`,
      `Raise it where this machine's kernel is run: sysctl -w ${name}=${least}`,
    )
  }
}

/** Puts a setting back if a lab raised it and no other lab is up. */
export async function restore({ file, mark }: MachineSetting, fleetName: string): Promise<void> {
  if (!existsSync(mark)) return
  if ((await otherLabs(fleetName)).some(name => deviceExists(identityOf(name).bridge))) return
  await writeFile(file, await readFile(mark, 'utf8'))
  await rm(mark, { force: true })
}
