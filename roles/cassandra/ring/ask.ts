import type { Shell } from '../../../engine/resources/index.ts'

/** Seconds a server is given to answer one question: a slow board takes fifteen, one that hangs for ever. */
const patience = 45

/**
 * Defines `ask`, which is `nodetool` for questions: a server that hangs is asked once, and not again in the same script.
 * `$deaf` is set from then on.
 */
export const asksNode: Shell = `deaf=
ask() { [ -z "$deaf" ] || return 1; timeout ${patience} nodetool "$@" 2>/dev/null; set -- $?; [ $1 != 124 ] || deaf=yes; return $1; }`

/** Prints the nodes of the ring; while the keyspace is not there, without what part of it they own. */
export function asksStatus(keyspace: string): Shell {
  return `ask status ${keyspace} || ask status`
}
