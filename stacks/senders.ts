import { offersOf } from '../engine/offer.ts'
import type { Fleet, Host } from '../engine/inventory/types.ts'
import type { AnyRole, Roles } from '../engine/role.ts'
import { producers, readings } from '../roles/offers.ts'
import type { Sender } from './cost.ts'

const varsOf = ({ name, vars }: AnyRole, host: Host): unknown => vars.parse(host.vars[name] ?? {})

/** What the things of a fleet send to AWS: those that measure and have not been told to send elsewhere only. */
export function sendersOf(fleet: Fleet, roles: Roles): readonly Sender[] {
  const offered = offersOf(fleet, roles, varsOf)
  const things = new Set(offered(readings).flatMap(({ host, value }) => (value.kind === 'awsiot' ? [host.name] : [])))
  return offered(producers).flatMap(({ host, value: { interval, note, backends } }) =>
    things.has(host.name) && (backends?.includes('awsiot') ?? true) ? [{ name: host.name, interval, note }] : [],
  )
}
