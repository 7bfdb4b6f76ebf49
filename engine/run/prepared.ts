import { keptOf } from '../kept.ts'
import type { Fleet } from '../inventory/types.ts'
import type { AnyRole, PrepareContext } from '../role.ts'

/** What a role prepares on the controller; `variant` is what the role says its Pis differ in, where it says so. */
export type Prepared = (role: AnyRole, vars: unknown, variant?: string) => Promise<unknown>

/** Prepares once a run for all hosts with the same variables, and the same variant. */
export function preparing(fleet: Fleet, common: Pick<PrepareContext<unknown>, 'offered' | 'authority'>): Prepared {
  const made = new Map<string, Promise<unknown>>()
  return (role, vars, variant) => {
    const key = `${role.name} ${JSON.stringify([variant, vars])}`
    const before = made.get(key)
    if (before) return before
    const context = { ...common, vars, fleet, kept: keptOf(fleet.file, role.name), ...(variant !== undefined && { variant }) }
    const making = role.prepare?.(context) ?? Promise.resolve(undefined)
    made.set(key, making)
    return making
  }
}
