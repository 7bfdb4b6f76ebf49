import { resolveClients } from './clients.ts'

/** One account: who, and from where. */
export interface Login {
  readonly user: string
  readonly host: string
}

/** An account that goes, and why. */
export interface Leaver extends Login {
  readonly because: string
}

/** Accounts that go: of producers or sinks that have left, and the one all producers once had in common. */
export interface Leaving {
  /** The account all producers had in common before each had its own; absent where there never was one. */
  readonly shared?: string
  /** What they are called. */
  readonly who: string
  /** What the names of producers' own accounts begin with. */
  readonly prefix: string
  /** The producers there are: their own account, and the address or name they come from. */
  readonly heirs: readonly Login[]
  /** What alone an own account may do something with: another account of such a name is somebody else's. With `*` at its end, all that begins so. */
  readonly target: string
}

/** What is there. */
export interface LoginsSeen {
  readonly logins: readonly Login[]
  /** Users that are connected. */
  readonly connected: ReadonlySet<string>
  /** What accounts have rights on, by `user@host`. */
  readonly targets: ReadonlyMap<string, ReadonlySet<string>>
  readonly addresses: ReadonlyMap<string, readonly string[]>
}

/**
 * Which accounts go now, and why. A producer keeps the shared account until it is seen connected with its own: it may not have been
 * provisioned yet, and goes on delivering. One that is silent has not moved.
 */
export function leavers(spec: Leaving, seen: LoginsSeen): readonly Leaver[] {
  const { shared, who, prefix, heirs, target } = spec
  const { logins, connected, targets, addresses } = seen
  const places = heirs.map(({ user, host }) => ({ user, hosts: resolveClients([host], addresses, []).known.map(client => client.host) }))
  // One whose name cannot be resolved is switched off, and any of the addresses may be its own.
  const sure = places.every(({ hosts }) => hosts.length > 0)
  const left = logins
    .filter(({ user }) => user === shared)
    .flatMap(login => {
      const here = places.filter(({ hosts }) => hosts.includes(login.host)).map(({ user }) => user)
      if (here.length === 0) return sure ? [{ ...login, because: 'no producer comes from there' }] : []
      return here.every(user => connected.has(user)) ? [{ ...login, because: `${here.join(', ')} has come instead` }] : []
    })
  const strange = ({ user }: Login) => user.startsWith(prefix) && !heirs.some(heir => heir.user === user)
  const strangers = logins.filter(login => strange(login) && onlyOn(target, targets.get(`${login.user}@${login.host}`)))
  return [...left, ...strangers.map(login => ({ ...login, because: `no ${who} of the inventory` }))]
}

const onlyOn = (target: string, has: ReadonlySet<string> | undefined): boolean => {
  const begins = target.endsWith('_*') ? target.slice(0, -1) : undefined
  return has !== undefined && [...has].every(each => (begins === undefined ? each === target : each.startsWith(begins)))
}
