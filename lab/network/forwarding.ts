import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { identityOf } from '../identity.ts'
import { otherLabs } from '../others.ts'
import { labsDir } from '../paths.ts'
import { deviceExists } from './link.ts'

const setting = '/proc/sys/net/ipv4/ip_forward'
/** Says that a lab turned forwarding on, so that the last lab turns it off again. */
const mark = join(labsDir, '.forwarding')

/** Lets this machine forward packets for its labs; remembers first that it did not before. */
export async function enableForwarding(): Promise<void> {
  if ((await readFile(setting, 'utf8')).trim() !== '0') return
  await writeFile(mark, '0\n')
  await writeFile(setting, '1\n')
}

/** Turns forwarding off if a lab turned it on and no other lab is up. */
export async function restoreForwarding(fleetName: string): Promise<void> {
  if (!existsSync(mark)) return
  if ((await otherLabs(fleetName)).some((name) => deviceExists(identityOf(name).bridge))) return
  await writeFile(setting, '0\n')
  await rm(mark, { force: true })
}
