import { fileURLToPath } from 'node:url'
import { printsBytes, quote } from '../../../engine/shell.ts'
import type { Shell } from '../../../engine/resources/index.ts'
import { tlsFiles } from '../config/paths.ts'
import { brokerEndpoint } from '../config/listeners.ts'
import type { Member } from '../members.ts'
import { release } from '../release.ts'
import type { Errand } from './session.ts'

/** The tool as source, and where it is on a broker. */
export const adminEntry = fileURLToPath(new URL('kafka-admin.ts', import.meta.url))
export const adminPath = '/usr/local/lib/kafka/kafka-admin.cjs'

type Asked = Omit<Errand, 'at' | 'ca' | 'own'>

/** An errand of a broker's Pi, with its own certificate, to that broker first. Passwords are on no command line. Bash text. */
export function doesErrand(at: readonly Member[], errand: Asked): Shell {
  return `{ ${printsBytes(JSON.stringify(given(at, errand)))}} | /usr/bin/node ${adminPath}`
}

/** The same where standard input is what was kept of a cluster. Bash text. */
export const givesBack = (at: readonly Member[]): Shell =>
  `/usr/bin/node ${adminPath} ${quote(JSON.stringify(given(at, { timeout: 30 })))} >/dev/null`

function given(at: readonly Member[], errand: Asked): unknown {
  return {
    at: at.map(({ host, vars }) => ({ host: host.address, port: vars.brokerPort })),
    caFile: tlsFiles.ca,
    ownFile: tlsFiles.own,
    ...errand,
  }
}

/**
 * A person's `kafka-admin`: what is given on standard input, to this broker; nothing given tells how the cluster is. `finalise` makes the
 * levels of this release final, which every broker of the fleet has to know.
 */
export function adminCommand(member: Member, all: readonly Member[]): string {
  const base = JSON.stringify({ ...(given([member], {}) as object), ask: ['users', 'rules', 'quorum', 'moves', 'storage', 'features'] })
  const knownTo = all.map(({ host, vars }) => ({ host: host.address, port: vars.brokerPort }))
  const final = JSON.stringify({ ...(given([member], {}) as object), change: [{ finalise: release.levels, knownTo }], ask: ['features'] })
  return `#!/bin/sh
# Written by provision. How the cluster is, as JSON; or another errand, as JSON on standard input. The broker is at ${brokerEndpoint(member)}.
#   kafka-admin                    how the cluster is
#   kafka-admin finalise [--yes]   lets the cluster work as release ${release.name} does; no broker of an older one can join any more
case "$1" in
'') ;;
finalise)
  if [ "$2" != --yes ]; then
    printf 'The cluster will work as release ${release.name} does. This cannot be undone, and no older release can join any more. Type yes: '
    read -r answer && [ "$answer" = yes ] || { echo 'nothing was changed' >&2; exit 1; }
  fi
  exec /usr/bin/node ${adminPath} <<'.'
${final}
.
  ;;
*) sed -n '2,4s/^# *//p' "$0" >&2; exit 64 ;;
esac
if [ -t 0 ]; then exec /usr/bin/node ${adminPath} <<'.'
${base}
.
fi
exec /usr/bin/node ${adminPath}
`
}
