import { awsiotVars, type AwsiotVars } from '../roles/awsiot/vars.ts'
import { thingRole } from './things.ts'
import type { Fleet } from '../engine/inventory/types.ts'

/** What the inventory says of the whole fleet. */
export type FleetSettings = Pick<AwsiotVars, 'rule' | 'state'>

/**
 * What is said of the fleet, by its things: all the same. Where no thing is left there is nobody to say it, and nothing is.
 * @throws Error where two differ
 */
export function settingsOf(fleet: Fleet): FleetSettings {
  const things = fleet.hosts
    .filter(({ roles }) => roles.includes(thingRole))
    .map(({ vars }) => awsiotVars.parse(vars[thingRole] ?? {}))
    .map(({ rule, state }) => ({ ...(rule && { rule }), ...(state && { state }) }))
  const [first = {}, ...others] = things
  if (others.some(each => JSON.stringify(each) !== JSON.stringify(first)))
    throw new Error('rule and state of awsiot are the whole fleet’s: say them in the `vars` of the fleet')
  return first
}
