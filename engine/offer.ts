import type { Fleet, Host } from './inventory/types.ts'

/** Names something that roles give to others, with the type of what is given. Keys are values that are shared, never looked up by name. */
export interface OfferKey<T> {
  readonly name: string
  /** Ties the type to the key; never there. */
  readonly holds?: (value: T) => T
}

/** Something a role on a host gives to others. */
export interface Offer {
  readonly key: OfferKey<never>
  readonly value: unknown
}

/** An offer, and who makes it. */
export interface Offered<T> {
  readonly host: Host
  readonly role: string
  readonly value: T
}

/** What the whole fleet offers under a key, in the inventory's order. */
export type OfferedBy = <T>(key: OfferKey<T>) => readonly Offered<T>[]

/** A key of its own, even where another has the same name. */
export function offerKey<T>(name: string): OfferKey<T> {
  return { name }
}

/** An offer of a role; see `RoleDefinition.offers`. */
export function offer<T>(key: OfferKey<T>, value: T): Offer {
  return { key: key as unknown as OfferKey<never>, value }
}

/** What of a role is looked at here. */
interface Offering {
  offers?(context: { readonly host: Host; readonly fleet: Fleet; readonly vars: unknown }): Iterable<Offer>
}

/**
 * What the roles of a fleet's hosts offer: computed from the inventory alone, when it is first asked for. `varsOf` gives a role's variables on a host.
 */
export function offersOf<R extends Offering>(
  fleet: Fleet,
  roles: Readonly<Record<string, R>>,
  varsOf: (role: R, host: Host) => unknown,
): OfferedBy {
  let all: readonly { readonly host: Host; readonly role: string; readonly offer: Offer }[] | undefined
  const collected = () =>
    fleet.hosts.flatMap(host =>
      host.roles.flatMap(name => {
        const role = roles[name]
        return role?.offers
          ? [...role.offers({ host, fleet, vars: varsOf(role, host) })].map(each => ({ host, role: name, offer: each }))
          : []
      }),
    )
  return <T>(key: OfferKey<T>) =>
    (all ??= collected()).flatMap(({ host, role, offer: { key: of, value } }) =>
      of === (key as unknown) ? [{ host, role, value: value as T }] : [],
    )
}
