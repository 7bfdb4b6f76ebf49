import type { Offered } from '../offer.ts'
import { Changes } from './changes.ts'

/** A role on a host, as one that others need. */
export type Needed = Pick<Offered<unknown>, 'host' | 'role'>

export type How = 'well' | 'failed'

/** How a role on a host ended, and what of the host was changed until then. */
export interface Ended {
  readonly how: How
  readonly changed: number
}

/**
 * What of a run was seen at work already, and what failed: roles on hosts, and what belongs to the clusters of roles. Whoever needs
 * something of it waits here.
 */
export class Seen {
  readonly #hosts: ReadonlySet<string>
  readonly #only: readonly string[] | undefined
  readonly #roles = new Map<string, Ended>()
  readonly #clusters: Map<string, How | undefined>
  readonly #changes = new Changes()

  /** Names of the run's hosts, of the roles it is about where not of all, and of those whose cluster it sees to. */
  constructor(hosts: readonly string[], clusters: readonly string[], only?: readonly string[]) {
    this.#hosts = new Set(hosts)
    this.#clusters = new Map(clusters.map(role => [role, undefined]))
    this.#only = only
  }

  /** How a role on a host ended. The first word counts: what is changed later is another matter. */
  role(host: string, role: string, ended: Ended): void {
    const key = keyOf(host, role)
    if (this.#roles.has(key)) return
    this.#roles.set(key, ended)
    this.#changes.tell()
  }

  cluster(role: string, how: How): void {
    this.#clusters.set(role, how)
    this.#changes.tell()
  }

  /** How a role on a host ended; none where it is at work, or not of this run. */
  ended(host: string, role: string): Ended | undefined {
    return this.#roles.get(keyOf(host, role))
  }

  /**
   * How what is needed ended, with what belongs to its cluster; none where that is still to come. What this run is not about is taken as it
   * is.
   */
  how({ host, role }: Needed): How | undefined {
    if (!this.#isOfRun({ host, role })) return 'well'
    const own = this.ended(host.name, role)?.how
    return own === 'well' && this.#clusters.has(role) ? this.#clusters.get(role) : own
  }

  /** Is neither what is needed nor its cluster seen to in this run? */
  isElsewhere(need: Needed): boolean {
    return !this.#isOfRun(need) && !this.#clusters.has(need.role)
  }

  #isOfRun({ host, role }: Needed): boolean {
    return this.#hosts.has(host.name) && (!this.#only || this.#only.includes(role))
  }

  /** Waits until something new is seen, or `stop` comes. */
  change(stop?: AbortSignal): Promise<void> {
    return this.#changes.next(stop)
  }
}

const keyOf = (host: string, role: string) => `${host} ${role}`
