import type { ActContext } from '../act.ts'
import type { Host } from '../inventory/types.ts'
import { lossIn } from '../ssh/errors.ts'
import { saidBy } from './apply.ts'
import { Failed } from './failure.ts'
import type { ResolvedRole } from './resolve.ts'

/** Lets the roles that were changed look whether what they set up does its work. `changed`: roles by the name of the resource. */
export async function healthy(resolved: readonly ResolvedRole[], changed: ReadonlyMap<string, string>, host: Host, acting: () => Promise<ActContext>): Promise<void> {
  const roles = new Set([...changed.values()].flatMap(names => names.split('+')))
  for (const { role, vars } of resolved) {
    if (!role.healthy || !roles.has(role.name)) continue
    try {
      await role.healthy({ ...(await acting()), vars, changed: new Set(changed.keys()) })
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
