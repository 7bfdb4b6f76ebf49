import type { z } from 'zod'
import type { ActContext } from './act.ts'
import type { Authority } from './ca/authority.ts'
import type { Facts } from './facts.ts'
import type { Fleet, Host } from './inventory/types.ts'
import type { AnyResource } from './resources/kind.ts'

/** Everything a role may look at. It has no connection: what it yields is all it does. */
export interface RoleContext<V, P> {
  readonly host: Host
  readonly fleet: Fleet
  readonly facts: Facts
  /** The role's variables on this host, checked and with their defaults. */
  readonly vars: V
  /** What `prepare` made on the controller. */
  readonly prepared: P
  /** A secret by name, made at first use. */
  secret(name: string): string
}

/** What `prepare` gets. */
export interface PrepareContext<V> {
  readonly vars: V
  readonly fleet: Fleet
  /** The fleet's CA; made when the first role asks for it. */
  authority(): Promise<Authority>
}

/** What `healthy` gets: zx's `$` bound to the Pi, and all else an act has. */
export interface HealthContext<V> extends ActContext {
  readonly vars: V
  /** Names of the resources this run has changed on the host, e.g. `service nginx`. */
  readonly changed: ReadonlySet<string>
}

export interface RoleDefinition<V extends z.ZodType, P> {
  /** The schema of its variables; descriptions in it are the documentation. */
  readonly vars: V
  /** Roles that cannot run on the same Pi: they are stopped and disabled first. */
  readonly conflicts?: readonly string[]
  /** What it will hold in memory on this Pi, in bytes by part. */
  memory(context: { readonly host: Host; readonly facts: Facts; readonly vars: z.output<V> }): Readonly<Record<string, number>>
  /** Work on the controller that needs no Pi, such as packing an artifact; done while connections open, once for all hosts with the same variables. */
  prepare?(context: PrepareContext<z.output<V>>): Promise<P>
  /** The desired state, in order. */
  desired(context: RoleContext<z.output<V>, P>): Generator<AnyResource, void, AnyResource>
  /** The state of a Pi on which this role must not run. */
  stopped?(): Generator<AnyResource, void, AnyResource>
  /** Throws when what was set up does not do its work; runs after changes. */
  healthy?(context: HealthContext<z.output<V>>): Promise<void>
}

/** A role with its name. */
export interface Role<V extends z.ZodType = z.ZodType, P = unknown> extends RoleDefinition<V, P> {
  readonly name: string
}

// Roles differ in the types of their variables; each is only ever called with its own.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyRole = Role<any, any>

/** All roles a fleet may use, by name; each is loaded when a host has it. */
export type Roles = Readonly<Record<string, AnyRole>>

/** Defines a role. */
export function role<V extends z.ZodType, P = undefined>(name: string, definition: RoleDefinition<V, P>): Role<V, P> {
  return { name, ...definition }
}
