import { reachedAt, type Listen } from '../../engine/listen.ts'
import type { Shell } from '../../engine/resources/kind.ts'
import { iniPath, passwordPath, program, sourcesPath } from './paths.ts'

/** Separates answers. */
export const separator = '\u001d'

/**
 * Bash text that defines `page PATH`: an answer of Grafana, as its admin. The password is read from its file and stays within the shell, so
 * that no process list shows it.
 */
function asAdmin(listen: Listen, port: number): Shell {
  return `a=${reachedAt(listen)}
login=$(printf 'admin:%s' "$(<${passwordPath})" | base64 -w0)
page() ( exec 3<>"/dev/tcp/$a/${port}" && printf 'GET %s HTTP/1.0\\r\\nAuthorization: Basic %s\\r\\n\\r\\n' "$1" "$login" >&3 && timeout 20 cat <&3 )`
}

/** Prints whether it is well, and whether it can log in to each of its data sources: an answer each, with the source's name before it. */
export function asksHealth(listen: Listen, port: number): Shell {
  return `${asAdmin(listen, port)}
page /api/health
while read -r uid; do printf '\\035%s\\n' "$uid"; page "/api/datasources/uid/$uid/health"; done <${sourcesPath}`
}

/** Exit 0 where admin may log in with the fleet's password. */
export function adminMayLogIn(listen: Listen, port: number): Shell {
  return `${asAdmin(listen, port)}
page /api/org | head -n1 | grep -q ' 200 '`
}

/**
 * Gives admin the fleet's password: the settings' own counts at the very first start only. It waits for the server, which makes its
 * database at that start.
 */
export function setsPassword(listen: Listen, port: number): Shell {
  return `${asAdmin(listen, port)}
for i in {1..120}; do page /api/health 2>/dev/null | head -n1 | grep -q ' 200 ' && break; sleep 2; done
page /api/org | head -n1 | grep -q ' 200 ' ||
  runuser -u grafana -- ${program('cli', iniPath)} admin reset-admin-password --password-from-stdin <${passwordPath}`
}
