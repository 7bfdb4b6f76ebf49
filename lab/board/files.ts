import { constants } from 'node:fs'
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host } from '../../engine/inventory/types.ts'
import type { Limits } from '../limits.ts'
import { cpuinfo, cpuList, deviceTreeModel } from './identity-files.ts'
import { initScript } from './init.ts'
import { meminfo, stat } from './proc.ts'

/**
 * Writes a host's board: every file that will stand in for one of the machine's, see init.ts. A new board a boot: what the host changed
 * in /proc/sys/vm is forgotten by a real Pi too.
 */
export async function writeBoard(directory: string, host: Host, limits: Limits): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(join(directory, 'thermal', 'thermal_zone0'), { recursive: true })
  const files: Readonly<Record<string, string>> = {
    init: initScript,
    meminfo: meminfo(limits.memory, { charged: 0, cache: 0, user: 0, system: 0 }),
    stat: stat(0, { user: 0, system: 0 }, limits.cpu, limits.cores, Date.now() / 1000),
    cpuinfo: cpuinfo(host.model, limits.cores),
    cpus: cpuList(limits.cores),
    model: deviceTreeModel(host.model),
    'thermal/thermal_zone0/temp': '41395\n',
    'thermal/thermal_zone0/type': 'cpu-thermal\n',
    // Without it the node exporter tells nothing of a zone.
    'thermal/thermal_zone0/policy': 'step_wise\n',
    booted: `${Date.now() / 1000}\n`,
  }
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), content, { mode: name === 'init' ? 0o755 : 0o644 })
  await copySettings('/proc/sys/vm', join(directory, 'vm'))
}

/** The kernel's memory settings as plain files: a role may set them without changing the machine they belong to. */
async function copySettings(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const name of await readdir(from)) {
    const readable = await access(join(from, name), constants.R_OK).then(
      () => true,
      () => false,
    )
    const value = readable ? await readFile(join(from, name), 'utf8').catch(() => undefined) : undefined
    if (value !== undefined) await writeFile(join(to, name), value)
  }
}
