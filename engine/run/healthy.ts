import type { ActContext } from '../act.ts'
import type { Host } from '../inventory/types.ts'
import { lossIn } from '../ssh/errors.ts'
import { saidBy } from './apply.ts'
import { Failed } from './failure.ts'
import type { ResolvedRole } from './resolve.ts'

/** Lets the roles that were changed look whether what they set up does its work. */
export async function healthy(resolved: readonly ResolvedRole[], changed: ReadonlySet<string>, host: Host, acting: () => Promise<ActContext>): Promise<void> {
  for (const { role, vars } of resolved) {
    if (!role.healthy || !changed.has(role.name)) continue
    try {
      await role.healthy({ ...(await acting()), vars })
    } catch (error) {
      const loss = lossIn(error)
      if (loss) throw loss
      if (error instanceof Failed) throw new Failed({ role: role.name, ...error.failure })
      throw new Failed({
        message: `role ${role.name} was set up but does not do its work`,
        role: role.name,
        output: saidBy(error).trim().split('\n').slice(-10),
        hint: `see \`journalctl -b -n 50\` on ${host.name}`,
      })
    }
  }
}
