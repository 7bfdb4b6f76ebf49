import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Architecture } from '../../engine/inventory/types.ts'
import { LabError } from '../errors.ts'
import { otherLabs } from '../others.ts'
import { labsDir, rootsDir } from '../paths.ts'
import { attempt } from '../run.ts'
import { qemuName } from './architecture.ts'
import { binfmtDir, ownRule, ruleName } from './binfmt.ts'

/** Says that a lab mounted binfmt_misc: it does where no systemd has done it. */
const mounted = join(labsDir, '.binfmt')

/**
 * Lets the kernel run programs of a foreign architecture through qemu-user-static, until the last lab is taken down.
 * @throws LabError when the kernel has no binfmt_misc, or the package is not what is expected
 */
export async function enableForeign(arch: Architecture): Promise<void> {
  const qemu = qemuName(arch)
  if (!existsSync(join(binfmtDir, 'register'))) {
    await mkdir(labsDir, { recursive: true })
    await writeFile(mounted, '')
    const { code } = await attempt(['mount', '-t', 'binfmt_misc', 'binfmt_misc', binfmtDir])
    if (code !== 0)
      throw new LabError(
        `This kernel cannot run ${arch} programs: it has no binfmt_misc.`,
        `Leave \`arch: ${arch}\` out of the inventory here.`,
      )
  }
  if (existsSync(join(binfmtDir, ruleName(qemu)))) return
  const file = `/usr/lib/binfmt.d/qemu-${qemu}.conf`
  const rule = ownRule(await readFile(file, 'utf8').catch(() => ''), qemu)
  if (rule === undefined) throw new LabError(`${file} does not say how to run ${arch} programs.`, 'Reinstall the package qemu-user-static.')
  await writeFile(join(binfmtDir, 'register'), rule)
}

/** Takes the lab's rules back, unless another lab is there or a foreign root file system is being built. */
export async function disableForeign(fleetName: string): Promise<void> {
  if (!existsSync(binfmtDir) || (await otherLabs(fleetName)).length > 0 || (await isBuilding())) return
  for (const rule of rulesLeft()) await writeFile(join(binfmtDir, rule), '-1')
  if (!existsSync(mounted)) return
  await attempt(['umount', binfmtDir])
  await rm(mounted, { force: true })
}

async function isBuilding(): Promise<boolean> {
  if (!existsSync(rootsDir)) return false
  const locks = readdirSync(rootsDir).filter(name => name.endsWith('.lock'))
  const free = await Promise.all(locks.map(name => attempt(['flock', '--nonblock', join(rootsDir, name), 'true'])))
  return free.some(({ code }) => code !== 0)
}

/** The lab's rules the kernel has now. */
function rulesLeft(): string[] {
  return existsSync(binfmtDir) ? readdirSync(binfmtDir).filter(name => name.startsWith(ruleName(''))) : []
}
