/** Shell text that runs on the Pi as root under `bash`, with `set -u` off and `LC_ALL=C.UTF-8`. */
export type Shell = string

/** One difference between desired and observed. */
export interface Change {
  /** What will happen, in the field's words, e.g. `install mariadb-server`. */
  readonly does: string
  /** Lines a person can read, each beginning with `+`, `-` or a blank; secrets are redacted when printed. */
  readonly diff?: readonly string[]
}

/** One thing the engine does to make a change: shell text, or a file streamed to the Pi first. */
export type Step =
  | { readonly run: Shell; readonly timeout?: number }
  | { readonly upload: string; readonly to: string; readonly mode?: string }

/**
 * A resource kind: four pure functions. `S` is what a role asks for, `O` what is there.
 *
 * `ask` gets every resource of the kind on a host at once, so that a Pi forks once a kind and not once a resource.
 * Its fragment must only read, must not fail, and prints what `read` parses; `read` returns one observation a spec, in order.
 * When the product is not installed the fragment prints nothing and `read` gives the observation "absent" for each.
 */
export interface Kind<S, O> {
  readonly name: string
  /** Label of one resource in plans and errors, e.g. `/etc/hosts` for a file. Unique within the kind on one host. */
  label(spec: S): string
  ask(specs: readonly S[]): Shell
  read(output: string, specs: readonly S[]): readonly O[]
  compare(spec: S, observed: O): readonly Change[]
  change(spec: S, observed: O): readonly Step[]
  /** One shell text for several resources of the kind that change one after the other (one apt transaction, say). */
  merge?(changes: readonly { readonly spec: S; readonly observed: O }[]): readonly Step[]
}

/** What a role yields: a kind with its specification. Passed by value wherever another resource depends on it. */
export interface Resource<S = unknown, O = unknown> {
  readonly kind: Kind<S, O>
  readonly spec: S
  /** Resources that must be in place before this one; without any, the engine may bring it forward to merge it. */
  readonly after: readonly AnyResource[]
  /** A change of one of these makes this one act again (a service restarts). */
  readonly on: readonly AnyResource[]
}

// A role yields resources of many kinds; each carries the kind that understands its own spec.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyResource = Resource<any, any>
