import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Fleet } from '../../engine/inventory/types.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { groupOf, killGroup, makeGroup, members } from '../cgroup/groups.ts'
import type { Hierarchies } from '../cgroup/hierarchies.ts'
import { usageFiles } from '../cgroup/usage.ts'
import { joined, startDetached } from '../host/boot.ts'
import { identityOf } from '../identity.ts'
import { limitsOf } from '../limits.ts'
import { hostPaths, labPaths } from '../paths.ts'
import type { Board } from './board.ts'

/** Name of the group that holds the process which plays the boards. */
export const boardGroup = '_board'

/** What has to be played for every host of the fleet. */
export function boardsOf(fleet: Fleet, all: Hierarchies): Board[] {
  const { prefix } = identityOf(fleet.name)
  return fleet.hosts.map(host => {
    const { memory, cpu, cores } = limitsOf(host)
    return {
      host: host.name,
      directory: hostPaths(fleet.name, host.name).board,
      usage: usageFiles(all, groupOf(prefix, host.name)),
      memory,
      cpu,
      cores,
    }
  })
}

/** Writes the list of boards and sees that they are played; may be repeated. */
export async function playBoards(fleet: Fleet, all: Hierarchies): Promise<void> {
  const lab = labPaths(fleet.name)
  const group = groupOf(identityOf(fleet.name).prefix, boardGroup)
  await writeFile(`${lab.boards}.new`, `${JSON.stringify(boardsOf(fleet, all), null, 1)}\n`)
  await rename(`${lab.boards}.new`, lab.boards)
  if ((await members(all, group)).length === 1) return
  // Two of them: an `up` was killed just when it had started one.
  await killGroup(all, group)
  const { path: program } = await buildProgram(fileURLToPath(new URL('play.ts', import.meta.url)))
  const groups = await makeGroup(all, group)
  await startDetached(joined(groups, [process.execPath, '--max-old-space-size=32', program, lab.boards]), join(lab.dir, 'board.log'))
}
