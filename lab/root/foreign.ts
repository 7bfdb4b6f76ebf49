import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Architecture } from '../../engine/inventory/types.ts'
import { LabError } from '../errors.ts'
import { attempt, run } from '../run.ts'
import { qemuName } from './architecture.ts'

const binfmt = '/proc/sys/fs/binfmt_misc'

/**
 * Lets the kernel run programs of a foreign architecture through qemu-user-static. Installing the package does it where systemd runs;
 * elsewhere (containers, small VMs) the kernel is told here. It stays told afterwards, like an installed package.
 * @throws LabError when the kernel has no binfmt_misc
 */
export async function enableForeign(arch: Architecture): Promise<void> {
  const name = `qemu-${qemuName(arch)}`
  if (!existsSync(join(binfmt, 'register'))) {
    const { code } = await attempt(['mount', '-t', 'binfmt_misc', 'binfmt_misc', binfmt])
    if (code !== 0) throw new LabError(`This kernel cannot run ${arch} programs: it has no binfmt_misc.`, `Leave \`arch: ${arch}\` out of the inventory here.`)
  }
  if (existsSync(join(binfmt, name))) return
  const rule = `/usr/lib/binfmt.d/${name}.conf`
  if (existsSync(rule)) await writeFile(join(binfmt, 'register'), (await readFile(rule, 'utf8')).trim())
  else await run(['update-binfmts', '--enable', name])
}
