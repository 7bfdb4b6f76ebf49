import type { ActContext } from '../act.ts'
import type { AnyRole } from '../role.ts'
import { lossIn } from '../ssh/errors.ts'
import { saidBy } from './apply.ts'
import { Failed } from '../errors.ts'
import type { ResolvedRole } from './resolve.ts'
import { untilWell, type WellContext } from './well.ts'

/** A look at roles of a host, to be had of a run. */
export interface Look {
  /** Roles whose health was not seen since they were changed. */
  readonly due: ReadonlySet<string>
  /** Names of the resources this run has changed. */
  readonly changed: ReadonlySet<string>
  /** Told of each role that does its work. */
  seen(role: string): Promise<void>
  /** Asked of a role that is due: whether it is to be looked at another time. Throws where that is of no use. Absent: none is. */
  isLater?(role: ResolvedRole): Promise<boolean>
}

/** Does a role tell of its health? */
export function tellsHealth({ healthy, status }: AnyRole): boolean {
  return healthy !== undefined || status !== undefined
}

/** Lets roles look whether what was set up does its work, in the host's order. Throws `Failed` at the first that does not. */
export async function healthy(
  resolved: readonly ResolvedRole[],
  { due, changed, seen, isLater = () => Promise.resolve(false) }: Look,
  looking: WellContext,
  acting: () => Promise<ActContext>,
): Promise<void> {
  for (const each of resolved) {
    const { role, vars } = each
    if (!tellsHealth(role) || !due.has(role.name) || (await isLater(each))) continue
    const well = () => untilWell(each, looking)
    try {
      await (role.healthy ? role.healthy({ ...(await acting()), vars, changed, well }) : well())
    } catch (error) {
      const loss = lossIn(error)
      if (loss) throw loss
      if (error instanceof Failed) throw new Failed({ role: role.name, ...error.failure })
      throw new Failed({
        message: `role ${role.name} was set up but does not do its work`,
        role: role.name,
        output: saidBy(error).trim().split('\n').slice(-10),
        hint: `see \`journalctl -b -n 50\` on ${looking.host.name}`,
      })
    }
    await seen(role.name)
  }
}
