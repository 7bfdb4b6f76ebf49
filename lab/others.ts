import { readdir } from 'node:fs/promises'
import { labsDir } from './paths.ts'

/** Names of the other labs that have anything on this machine: what all share stays while there are any. */
export async function otherLabs(fleetName: string): Promise<string[]> {
  const names = await readdir(labsDir).catch(() => [])
  return names.filter(name => !name.startsWith('.') && name !== fleetName)
}
