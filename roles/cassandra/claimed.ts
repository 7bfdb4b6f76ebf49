import type { Shell } from '../../engine/resources/index.ts'
import { unclaimedFile, untilClaimed } from './config/start.ts'
import { stateFolder } from './config/yaml.ts'

/*
 * Every new ring has a superuser whose password everybody knows. Until that login is taken away the server listens for clients on the
 * loopback interface alone. Where it listens is settled when it starts, so the node that starts a ring starts twice, once in its life,
 * before there is data; one that joins a ring finds the login gone, and starts once.
 */

/** Exit 0 where nobody gets in by the login every new ring has. Silence says nothing. */
const isClaimed: Shell = `seen=$(/usr/local/bin/cql --wait 60 --json -e "SELECT can_login FROM system_auth.roles WHERE role = 'cassandra'") &&
! grep -q true <<<"$seen"`

/** The server that runs here listens for clients on loopback alone. */
const isShut: Shell = `grep -qxF '${untilClaimed}' /run/cassandra/cassandra.yaml 2>/dev/null`

/** Exit 0 where clients are let in from the network, or will be at the next start. */
export const isOpen: Shell = `[ ! -e ${unclaimedFile} ] && ! ${isShut}`

/** Lets them in: noted first, so that a start in between does; then the server starts again, and takes logins when this ends. */
export const letsIn: Shell = `{ ${isClaimed}; } || {
echo 'the login every new ring has is still there: clients are not let in from the network' >&2; false; } && rm -f ${unclaimedFile} && sync ${stateFolder} && {
! ${isShut} || { systemctl restart cassandra && /usr/local/bin/cql --wait 300 -e 'SELECT key FROM system.local' >/dev/null; }; }`
