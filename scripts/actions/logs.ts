import { asking } from '../../cli/asking.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { tellFailure } from '../../cli/failures.ts'
import { interrupted, stopOnInterrupt } from '../../cli/interrupt.ts'
import { byLine } from '../../cli/lines.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { out, outJson, tell } from '../../cli/output.ts'
import { UsageError } from '../../engine/errors.ts'
import { selectHosts } from '../../engine/inventory/select.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { onEach } from '../../engine/run/on-each.ts'
import { rolesOf, varsOf } from '../../engine/run/resolve.ts'
import { unitLogText } from '../../engine/unit-log.ts'
import { registry } from '../../roles/index.ts'
import { fleetOf } from './fleet-of.ts'

/** The command line of `fleet logs`. */
export interface LogsFlags {
  readonly follow?: true
  readonly since?: string
  readonly lines: string
  readonly acceptNewKeys?: true
}

/** Prints what the units of a host's roles wrote into its journal; with `--follow` until a person stops it. */
export async function logs(name: string, role: string | undefined, flags: LogsFlags & CommonOptions): Promise<void> {
  const lines = Number(flags.lines)
  if (!Number.isInteger(lines) || lines < 0) throw new UsageError(`--lines wants a whole number, not "${flags.lines}"`)
  const fleet = await fleetOf('fleet', flags)
  const host = hostNamed(fleet, name)
  const follow = flags.follow === true
  const text = unitLogText(await unitsOf(fleet, host, role), { lines, follow, ...(flags.since !== undefined && { since: flags.since }) })
  const stop = stopOnInterrupt('')
  const printed = byLine(line => (flags.json ? outJson({ host: host.name, line }) : out(`${line}\n`)))
  const answers = await onEach(fleet, [host], { acceptNewKeys: flags.acceptNewKeys === true, ...asking() }, async session => {
    if (stop.aborted) return { code: 0, stderr: '' }
    return session.run(text, { stop, onStdout: printed.take, ...(!follow && { timeout: 300 }) })
  })
  printed.end()
  // What ended because a person wanted it to is no failure, also where the link broke over it.
  if (interrupted()) return
  for (const [at, answer] of answers) {
    if ('value' in answer && answer.value.code === 0) continue
    process.exitCode = exitCodes.failed
    if ('failure' in answer) tellFailure(at, answer.failure)
    else tell(`${at}: ${answer.value.stderr.trim() || `journalctl ended with exit code ${answer.value.code}`}`)
  }
}

function hostNamed(fleet: Fleet, name: string): Host {
  const [host, ...others] = selectHosts(fleet, [name])
  if (!host || others.length > 0)
    throw new UsageError(`${name} is more than one host`, 'name one; `fleet run` asks many: fleet run producers -- journalctl -n 20')
  return host
}

/** The units that do the work of a host's roles, of one of them where it is named. */
async function unitsOf(fleet: Fleet, host: Host, only: string | undefined): Promise<readonly string[]> {
  if (only !== undefined && !host.roles.includes(only))
    throw new UsageError(`${host.name} has not the role ${only}`, `its roles: ${host.roles.join(', ') || 'none'}`)
  const units = rolesOf(host, await registry.load(host.roles), only === undefined ? undefined : [only]).flatMap(
    role => role.status?.({ host, fleet, vars: varsOf(role, host) }).units ?? [],
  )
  if (units.length === 0)
    throw new UsageError(
      only === undefined ? `no role of ${host.name} has units` : `the role ${only} has no units`,
      `all of its journal: fleet run ${host.name} -- journalctl -n 100`,
    )
  return [...new Set(units)]
}
