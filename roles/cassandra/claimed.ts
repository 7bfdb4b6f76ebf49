import type { Shell } from '../../engine/resources/index.ts'
import { claimedFile, untilClaimed } from './config/start.ts'
import { stateFolder } from './config/yaml.ts'

/*
 * Every new ring has a superuser whose password everybody knows. Until that login is taken away the server listens for clients on the loopback interface
 * alone. Where it listens is settled when it starts, so the node that starts a ring starts twice, once in its life, before there is data; one that joins
 * a ring finds the login gone, and starts once.
 */

/** Asks the server, by whatever login the fleet has: exit 0 where nobody gets in by the login every new ring has. */
const isClaimed = (wait = ''): Shell => `seen=$(/usr/local/bin/cql ${wait}--json -e "SELECT can_login FROM system_auth.roles WHERE role = 'cassandra'") && ! grep -q true <<<"$seen"`

const notes: Shell = `: >${claimedFile} && sync ${claimedFile} ${stateFolder}`

/** The server that runs here listens for clients on loopback alone. */
const isShut: Shell = `grep -qxF '${untilClaimed}' /run/cassandra/cassandra.yaml 2>/dev/null`

/**
 * A node of the time before this was noted: what it knows is noted before its next start, so that it does not shut itself in. Exit 0 where there is
 * nothing to note.
 */
export const hasNoted: Shell = `[ -e ${claimedFile} ] || ! systemctl -q is-active cassandra || ! { ${isClaimed()}; } 2>/dev/null`
export const notesClaim: Shell = notes

/** Exit 0 where clients are let in from the network, or will be at the next start. */
export const isOpen: Shell = `[ -e ${claimedFile} ] && ! ${isShut}`

/** Lets them in: noted first, so that a start in between does; then the server starts again, and takes logins when this ends. */
export const letsIn: Shell = `{ ${isClaimed('--wait 60 ')}; } || { echo 'the login every new ring has is still there: clients are not let in from the network' >&2; false; } && ${notes} && {
! ${isShut} || { systemctl restart cassandra && /usr/local/bin/cql --wait 300 -e 'SELECT key FROM system.local' >/dev/null; }; }`
