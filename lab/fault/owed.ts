import { readFileSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import * as z from 'zod'
import type { Fleet } from '../../engine/inventory/types.ts'
import { locked } from '../lock.ts'
import { labPaths } from '../paths.ts'
import { faultSchema } from './kinds.ts'

/** A process, by its id and by when it was started: ids are used again. */
const processSchema = z.object({ pid: z.number(), started: z.string() })
export type Owner = z.infer<typeof processSchema>

/** A fault in force at one host. It is noted before it is injected, and forgotten when it was seen to be over. */
const owedSchema = z.object({
  id: z.string(),
  host: z.string(),
  fault: faultSchema,
  since: z.string(),
  /** It is healed when this process is no more. */
  owner: processSchema.optional(),
  /** It is healed at this time, in milliseconds since 1970. */
  until: z.number().optional(),
  /** Device numbers of the card that was slowed. */
  device: z.string().optional(),
})
export type Owed = z.infer<typeof owedSchema>

/** What a lab owes to its hosts; nothing where nobody wrote anything. */
export async function readOwed(fleetName: string): Promise<readonly Owed[]> {
  const text = await readFile(labPaths(fleetName).faults, 'utf8').catch(() => '[]')
  return z.array(owedSchema).parse(JSON.parse(text))
}

/** Changes what is owed, while nobody else does. Gives what `change` gives. */
export async function changeOwed(
  fleet: Pick<Fleet, 'name'>,
  change: (owed: readonly Owed[]) => Promise<readonly Owed[]> | readonly Owed[],
): Promise<readonly Owed[]> {
  const { faults, faultsLock } = labPaths(fleet.name)
  return locked(faultsLock, async () => {
    const after = await change(await readOwed(fleet.name))
    await writeFile(`${faults}.new`, `${JSON.stringify(after, null, 1)}\n`, { mode: 0o600 })
    await rename(`${faults}.new`, faults)
    return after
  })
}

/** This process, or another. */
export function ownerOf(pid: number = process.pid): Owner {
  return { pid, started: startOf(pid) ?? '' }
}

/** Is that process still there? */
export function lives({ pid, started }: Owner): boolean {
  return startOf(pid) === started
}

/** When a process was started, in the kernel's ticks: the 22nd field, and the second may hold blanks. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const after = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // A zombie does nothing any more.
    return after[0] === 'Z' ? undefined : after[19]
  } catch {
    return undefined
  }
}

/** Those whose time is over, or whose owner is gone. */
export function due(owed: readonly Owed[], now: number, alive: (owner: Owner) => boolean = lives): readonly Owed[] {
  return owed.filter(({ owner, until }) => (until !== undefined && now >= until) || (owner !== undefined && !alive(owner)))
}
