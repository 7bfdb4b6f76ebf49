import type { Act } from '../act.ts'

/** Shell text that runs on the Pi as root under `bash`, without `set -e` or `set -u`. */
export type Shell = string

/** One difference between desired and observed. */
export interface Change {
  /** What will happen, in the field's words, e.g. `install nginx`. */
  readonly does: string
  /** Lines a person can read, each beginning with `+`, `-` or a blank; secrets are redacted when printed. */
  readonly diff?: readonly string[]
  /** Of something that belongs to a cluster: names of hosts that cannot do their work before it is done. */
  readonly for?: readonly string[]
}

/**
 * One thing the engine does to make a change: shell text, a local file streamed to the Pi (mode 0600, whole or not at all), work led from
 * the controller, or a file of the Pi, of `most` bytes, brought to the controller. `waits` prints whom the step has to wait for, as long as
 * there is somebody: it is asked again until it prints nothing, ten minutes at most, and a person is told. What a step writes to the file
 * `$N` is told after it, a line a note.
 */
export type Step =
  | { readonly run: Shell; readonly waits?: Shell; readonly timeout?: number }
  | { readonly upload: string; readonly to: string }
  | { readonly act: Act }
  | { readonly fetch: string; readonly most: number; keep(content: Buffer): void }

/**
 * A resource kind: pure functions. `S` is what a role asks for, `O` what is there.
 *
 * `ask` gets every resource of the kind on a host at once, so that a Pi forks once a kind and not once a resource.
 * Its fragment must only read, must not fail, and prints what `read` parses; `read` returns one observation a spec, in order.
 * Where the product is not installed the fragment prints nothing and `read` gives the observation "absent" for each.
 *
 * `triggers` are the labels of the resources in `on` that change in this run, or that an earlier run changed
 * before it was cut off: a service restarts for them, a command runs for them.
 */
export interface Kind<S, O> {
  readonly name: string
  /** Label of one resource in plans and errors, e.g. `/etc/hosts` for a file. Unique within the kind on one host. */
  label(spec: S): string
  ask(specs: readonly S[]): Shell
  read(output: string, specs: readonly S[]): readonly O[]
  compare(spec: S, observed: O, triggers: readonly string[]): readonly Change[]
  /** Steps that end in the desired state from wherever an earlier attempt stopped. */
  change(spec: S, observed: O, triggers: readonly string[]): readonly Step[]
  /** Does this change touch what is at work already, as a restart does and a first start does not? Absent: each does. See `inTurn`. */
  disturbs?(spec: S, observed: O, triggers: readonly string[]): boolean
  /** Why nothing may be changed as long as it is so, on this host and, where the role has `refuse`, on its others. */
  refuses?(spec: S, observed: O): { readonly reason: string; readonly hint: string } | undefined
  /** What a person should know of it at each run, whether it changes or not: somebody else's things that are left alone. */
  notes?(spec: S, observed: O): readonly string[]
  /** Says that several resources of the kind, none of which waits for another, are changed as one (one apt transaction). */
  merge?(specs: readonly S[]): S
  /** Asks for more about one resource that will change, to show its diff. */
  readonly detail?: { ask(spec: S): Shell; diff(spec: S, output: string): readonly string[] }
}

/** What a role yields: a kind with its specification. Passed by value wherever another resource depends on it. */
export interface Resource<S = unknown, O = unknown> {
  readonly kind: Kind<S, O>
  readonly spec: S
  /** A change of one of these makes this one act again (a service restarts). They stand before it in the plan. */
  readonly on: readonly AnyResource[]
  /** Changed on one host at a time, fleet-wide, in the inventory's order: the name of what takes turns. */
  readonly turn?: string
  /** Its turn is needed only where its change touches what is at work already. */
  readonly turnOnly?: 'restart'
}

// A role yields resources of many kinds; each carries the kind that understands its own spec.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyResource = Resource<any, any>

/** Makes a resource of a kind. */
export function resource<S, O>(kind: Kind<S, O>, spec: S, on: readonly AnyResource[] = []): Resource<S, O> {
  return { kind, spec, on }
}

/**
 * Says that a resource is changed on one host at a time: hosts with something in the same turn follow each other in the inventory's order.
 * A host's turn begins at the first such resource that differs and ends when the host is done and healthy. `only: 'restart'`: what is not
 * at work yet starts on all hosts at once, for a quorum forms only when all of them start; what is at work is changed on one host at a
 * time.
 */
export function inTurn<R extends AnyResource>(resource: R, turn: string, { only }: { readonly only?: 'restart' } = {}): R {
  return { ...resource, turn, ...(only && { turnOnly: only }) }
}

/** How plans, errors and journals name a resource, e.g. `file /etc/hosts`. */
export function nameOf(resource: AnyResource): string {
  return `${resource.kind.name} ${resource.kind.label(resource.spec)}`
}
