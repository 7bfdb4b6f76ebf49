import type { z } from 'zod'
import type { ActContext } from './act.ts'
import type { RoleBackup } from './backup/part.ts'
import type { Authority } from './ca/authority.ts'
import type { DiskPart } from './disk.ts'
import type { Facts } from './facts.ts'
import type { Kept } from './kept.ts'
import type { Fleet, Host } from './inventory/types.ts'
import type { Offer, Offered, OfferedBy } from './offer.ts'
import type { Deployment } from './deployment.ts'
import type { RoleOperations } from './operation/of-role.ts'
import type { AnyResource, Shell } from './resources/kind.ts'
import type { StatusQuestion } from './status.ts'

/** Everything a role may look at. It has no connection: what it yields is all it does. */
export interface RoleContext<V, P> {
  readonly host: Host
  readonly fleet: Fleet
  readonly facts: Facts
  /** The role's variables on this host, checked and with their defaults. */
  readonly vars: V
  /** What `prepare` made on the controller. */
  readonly prepared: P
  /**
   * A secret by name, made at first use. `make` says what it is made of; a password where absent. One that only a person can give makes
   * `make` throw.
   */
  secret(name: string, make?: () => string): string
  /** What roles of the whole fleet offer under a key. */
  readonly offered: OfferedBy
  /** Files of Pis that this role keeps on the controller; see `fetched`. */
  readonly kept: Kept
  /** Bytes that the other roles of this Pi hold in memory, each as if it was alone there; absent: none. */
  readonly beside?: number
}

/** What `prepare` gets. */
export interface PrepareContext<V> {
  readonly vars: V
  readonly fleet: Fleet
  /** What roles of the whole fleet offer under a key. */
  readonly offered: OfferedBy
  /** Files of Pis that this role keeps on the controller; see `fetched`. */
  readonly kept: Kept
  /** The fleet's CA, or one that is for `own` alone; made when the first role asks for it. */
  authority(own?: string): Promise<Authority>
  /** What `variant` said of the Pis it is for; absent where there is no `variant`. */
  readonly variant?: string
}

/** Why a role does not run on a Pi. */
export interface Refusal {
  readonly reason: string
  /** What to do about it. */
  readonly hint: string
}

/** What `cluster` may look at. */
export interface ClusterContext<V, P> {
  readonly fleet: Fleet
  /** Every host of the fleet with the role, in the inventory's order, also those this run is not about. */
  readonly hosts: readonly { readonly host: Host; readonly vars: V }[]
  /** The one that speaks for all in this run: what is yielded is asked and changed there. */
  readonly host: Host
  readonly facts: Facts
  /** The role's variables on that host. */
  readonly vars: V
  /** What `prepare` made for that host. */
  readonly prepared: P
  /** A secret by name, made at first use. */
  secret(name: string): string
  /** What roles of the whole fleet offer under a key. */
  readonly offered: OfferedBy
  /** Files of Pis that this role keeps on the controller; see `fetched`. */
  readonly kept: Kept
}

/** What `healthy` gets: zx's `$` bound to the Pi, and all else an act has. */
export interface HealthContext<V> extends ActContext {
  readonly vars: V
  /**
   * Waits until the role's `status` is ok: what is done where a role has no `healthy` of its own. Throws `Failed` with what is wrong, when
   * its time is over.
   */
  well(): Promise<void>
  /** Names of the resources this run has changed on the host, e.g. `service nginx`. */
  readonly changed: ReadonlySet<string>
}

/** Where a role keeps its data on a Pi. */
export interface RoleData {
  readonly path: string
  /** How else it leaves a Pi, where `--purge-data` must not take it. */
  readonly leaves?: string
}

/** Who asks what a dead card takes with it. */
export interface LossContext<V> {
  /** The host whose card died. */
  readonly host: Host
  readonly fleet: Fleet
  readonly vars: V
  /** Runs shell text that changes nothing on another host; what it printed, or undefined where that host does not answer or it fails. */
  ask(other: Host, text: Shell): Promise<string | undefined>
}

/** May a turn begin on this Pi? */
export interface ReadyQuestion {
  /**
   * Reads only. Exit 0: it may; all else: not yet, for the reasons that it prints, a line each. It is asked again until its time is over.
   */
  readonly ask: Shell
  /** Seconds until a role that is not ready fails its host; 600 by default. */
  readonly within?: number
}

export interface RoleDefinition<V extends z.ZodType, P> {
  /** The schema of its variables; descriptions in it are the documentation. */
  readonly vars: V
  /** Roles that cannot run on the same Pi: they are stopped and disabled first. */
  readonly conflicts?: readonly string[]
  /** What it gives to others; pure, from the inventory alone. */
  offers?(context: { readonly host: Host; readonly fleet: Fleet; readonly vars: z.output<V> }): Iterable<Offer>
  /** What it will hold in memory on this Pi, in bytes by part; `beside`: what its other roles hold, for one that takes of what is left. */
  memory(context: {
    readonly host: Host
    readonly facts: Facts
    readonly vars: z.output<V>
    readonly beside?: number
  }): Readonly<Record<string, number>>
  /** What it will take of this Pi's disks, by part. Absent: next to nothing. */
  disk?(context: {
    readonly host: Host
    readonly facts: Facts
    readonly vars: z.output<V>
    readonly offered: OfferedBy
    readonly fleet: Fleet
  }): Readonly<Record<string, DiskPart>>
  /**
   * On which Pis it does not run, whatever is done, e.g. on those with a 32-bit system. Asked of each before anything is changed on any
   * host with the role.
   */
  refuse?(context: {
    readonly host: Host
    readonly facts: Facts
    readonly fleet: Fleet
    readonly vars: z.output<V>
    readonly beside?: number
    /** What roles of the whole fleet offer under a key. */
    readonly offered: OfferedBy
  }): Refusal | undefined
  /** In what Pis differ for `prepare`, e.g. the architecture: it is then done after their facts came, once for each word and variables. */
  variant?(context: { readonly host: Host; readonly facts: Facts; readonly vars: z.output<V> }): string
  /**
   * Work on the controller that needs no Pi, such as packing an artifact; done while connections open, once for all hosts with the same
   * variables.
   */
  prepare?(context: PrepareContext<z.output<V>>): Promise<P>
  /** The desired state, in order. */
  desired(context: RoleContext<z.output<V>, P>): Generator<AnyResource, void, AnyResource>
  /**
   * What belongs to the fleet and not to a host: accounts, topics, keyspaces, jobs. Ordinary resources, asked on one host of the role
   * within its own question. They are changed there once the role was seen at work on all its hosts in this run, after they were asked
   * again, and asked once more after it. Whichever host speaks must be able to ask and to change all of it, and what it yields must not
   * depend on which one that is.
   */
  cluster?(context: ClusterContext<z.output<V>, P>): Generator<AnyResource, void, AnyResource>
  /** The state of a Pi on which this role must not run. */
  stopped?(): Generator<AnyResource, void, AnyResource>
  /**
   * What must be seen to before this role is stopped on a Pi that has it no more, e.g. that its data is elsewhere: a resource that fails
   * keeps it running.
   */
  leaving?(context: { readonly host: Host; readonly fleet: Fleet }): Generator<AnyResource, void, AnyResource>
  /** What of a Pi that lost this role is taken away when asked for; its data is no part of it. */
  purged?(): Generator<AnyResource, void, AnyResource>
  /** Its data stays when the role goes and when what it made is purged, until somebody names it. */
  readonly data?: RoleData
  /** What of it is worth keeping elsewhere, and how that comes back; loaded when somebody wants it. */
  readonly backup?: () => Promise<RoleBackup<z.output<V>>>
  /**
   * What of it is gone for good with a card that died, where no backup brings it back: sentences with numbers, as far as others of the
   * fleet know them. Asked while the host's own card is dead; changes nothing. Absent: all that lies in `data`.
   */
  loses?(context: LossContext<z.output<V>>): Promise<readonly string[]>
  /** Long operations on the hosts that have it. */
  readonly operations?: RoleOperations
  /** What is made for it beyond the fleet, between two runs; loaded when it is asked for. */
  readonly deployment?: () => Promise<Deployment>
  /**
   * Asked on a Pi that is about to begin a turn with this role, after all who go first: whether others can do without it meanwhile. See
   * `inTurn`.
   */
  ready?(context: { readonly host: Host; readonly fleet: Fleet; readonly vars: z.output<V> }): ReadyQuestion
  /** How it stands is asked; see `status`. */
  status?(context: { readonly host: Host; readonly fleet: Fleet; readonly vars: z.output<V> }): StatusQuestion
  /**
   * Roles on hosts without which this one cannot do its work. In a run that is about them too its health is looked at after theirs, and
   * after what belongs to their cluster is there, e.g. its own account.
   */
  needs?(context: {
    readonly host: Host
    readonly fleet: Fleet
    readonly vars: z.output<V>
    readonly offered: OfferedBy
  }): Iterable<Pick<Offered<unknown>, 'host' | 'role'>>
  /** Throws when what was set up does not do its work; runs after changes. Absent: its `status` has to be ok. */
  healthy?(context: HealthContext<z.output<V>>): Promise<void>
}

/** A role with its name. */
export interface Role<V extends z.ZodType = z.ZodType, P = unknown> extends RoleDefinition<V, P> {
  readonly name: string
}

// Roles differ in the types of their variables; each is only ever called with its own.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyRole = Role<any, any>

/** Roles by name. */
export type Roles = Readonly<Record<string, AnyRole>>

/** Defines a role. */
export function role<V extends z.ZodType, P = undefined>(name: string, definition: RoleDefinition<V, P>): Role<V, P> {
  return { name, ...definition }
}
