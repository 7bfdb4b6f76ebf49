import type { Shell } from '../resources/index.ts'
import { quote } from '../shell.ts'

/**
 * Starts work on the Pi that outlives the connection, unless it runs already. Its words go to `/run/UNIT.log`, its exit code to
 * `/run/UNIT.code`.
 */
export function detached(unit: string, run: string): Shell {
  const noted = `${run} >/run/${unit}.log 2>&1; echo $? >/run/${unit}.code`
  return `systemctl -q is-active ${unit} || { rm -f /run/${unit}.code; systemd-run -q --collect --unit=${unit} sh -c ${quote(noted)}; }`
}

/** How such work stands: prints `running`, its exit code, or nothing where there was none. */
export function detachedState(unit: string): Shell {
  return `systemctl -q is-active ${unit} && echo running || cat /run/${unit}.code 2>/dev/null; true`
}
