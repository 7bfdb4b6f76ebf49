import type { Fleet } from '../engine/inventory/types.ts'
import { keptRequests, wantedOf, type Wanted } from '../roles/awsiot/request.ts'
import { awsiotVars, type AwsiotVars } from '../roles/awsiot/vars.ts'

/** A certificate that is to be there; `pem`: that of the fleet's CA, absent where AWS signs. */
export type SignedOrWanted = Wanted & { readonly pem?: string }

/** A producer as AWS knows it. */
export interface Thing {
  /** The host's name: letters, digits and `-`. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** What its certificates are made from; none: its Pi has asked for none yet. Two while its key is renewed. */
  readonly certificates: readonly SignedOrWanted[]
  readonly signedBy: AwsiotVars['signedBy']
  /** AWS makes its key as well, and Terraform's state holds it: the key's number. Then it has no other certificate. */
  readonly keyOfAws?: number
}

/** The role of hosts that are things. */
export const thingRole = 'awsiot'

/**
 * The things of a fleet: each host with the role `awsiot`. `kept` gives what the role keeps of its Pi.
 * @throws Error where that is no request
 */
export function thingsOf(fleet: Fleet, kept: (name: string) => Buffer | undefined): readonly Thing[] {
  return fleet.hosts
    .filter(({ roles }) => roles.includes(thingRole))
    .map(host => {
      const { location, signedBy, keys, keyNumber } = awsiotVars.parse(host.vars[thingRole] ?? {})
      return {
        name: host.name,
        attributes: { ...(host.model !== undefined && { model: attribute(host.model) }), location: attribute(location ?? host.name) },
        certificates: keys === 'aws' ? [] : wantedOf(keptRequests(kept, host.name)),
        signedBy,
        ...(keys === 'aws' && { keyOfAws: keyNumber }),
      }
    })
}

/** Does AWS make the key of any of its things? */
export const hasKeysOfAws = (fleet: Fleet): boolean => thingsOf(fleet, () => undefined).some(({ keyOfAws }) => keyOfAws !== undefined)

/** A text with only what AWS takes in an attribute. */
export function attribute(text: string): string {
  return text
    .replaceAll('+', 'plus')
    .replaceAll(/[^\w.,@/:#-]+/g, '_')
    .slice(0, 800)
}
