import type { Keeper } from '../backup/index.ts'
import type { Fleet, Host } from '../inventory/types.ts'
import type { AnyRole, LossContext } from '../role.ts'
import { varsOf } from '../run/resolve.ts'
import { returnText, type Return } from './backups.ts'

/** What is known when it is told what a dead card takes with it. */
export interface Losing {
  readonly host: Host
  readonly fleet: Fleet
  /** The roles of the host. */
  readonly own: readonly AnyRole[]
  /** Those with something to keep. */
  readonly keepers: readonly Keeper[]
  readonly returns: readonly Return[]
  readonly now: Date
  ask: LossContext<unknown>['ask']
}

/** What becomes of what each role held, a sentence each: what comes back, and what is lost. Silent roles hold nothing. */
export async function losses({ host, fleet, own, keepers, returns, now, ask }: Losing): Promise<readonly string[]> {
  const told = await Promise.all(
    own.map(async role => {
      const vars = varsOf(role, host)
      const back = returns.find(({ keeper }) => keeper.role === role)
      const keeper = keepers.find(each => each.role === role)
      const lost = role.loses ? await role.loses({ host, fleet, vars, ask }) : undefined
      const wanted = keeper?.backup.whenReplaced?.(keeper.of) === true
      const data = role.data === undefined ? [] : [`what lay in ${role.data.path} is lost`]
      return [
        ...(lost ?? (wanted && back?.steps.length ? [] : data)).map(each => `${role.name}: ${each}`),
        ...(back ? [returnText(back, now)] : wanted ? [`${role.name}: NO BACKUP has anything of it: nothing comes back`] : []),
      ]
    }),
  )
  return told.flat()
}
