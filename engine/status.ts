import type { Fleet, Host } from './inventory/types.ts'
import { takenFolder } from './backup/mark.ts'
import { clusterOwed, healthOwed, pendingFolder } from './plan/marks.ts'
import type { Shell } from './resources/kind.ts'
import { quote, words } from './shell.ts'
import { askWrites, perDay, readWrites } from './writes.ts'

/** What a role on a Pi is asked about itself. */
export interface StatusQuestion {
  /** The units that do its work; each must run. */
  readonly units: readonly string[]
  /** Reads only, and prints what `read` gets. */
  readonly ask?: Shell
  read?(output: string): RoleAnswer
  /** Seconds it may take to be well after it was changed; 60 by default. */
  readonly within?: number
}

/** What a role says of itself. */
export interface RoleAnswer {
  /** Why it does not do its work; nothing: it does. */
  readonly wrong?: readonly string[]
  /** What keeps it from nothing, and a person should read, also after a change. */
  readonly warns?: readonly string[]
  /** What a person may want to know. */
  readonly says?: readonly string[]
}

/** How a role on a host stands. */
export interface RoleStatus {
  readonly role: string
  readonly ok: boolean
  readonly wrong: readonly string[]
  readonly warns: readonly string[]
  readonly says: readonly string[]
  /**
   * Bytes its units hold, the kernel's for them too, as their control groups count; without the files in the page cache, which the kernel
   * takes back when it needs them. Where the Pi does not count, what their main processes have resident.
   */
  readonly memory?: number
  /** Bytes it was planned with. */
  readonly planned: number
  /** Bytes its units write to disks in a day, at the rate since they were started; absent while it is too early to say. */
  readonly writesPerDay?: number
  /** When the last of its units started, as the Pi's clock had it. */
  readonly since?: string
  /** Of a role that has something to keep: when its last whole backup began, ISO 8601; null: there never was one. */
  readonly backup?: string | null
}

/** What of a role is looked at here. */
interface Askable {
  readonly name: string
  status?(context: { readonly host: Host; readonly fleet: Fleet; readonly vars: unknown }): StatusQuestion
}

/** A role of a host with its question; `planned` in bytes. */
export interface Asked {
  readonly role: { readonly name: string; readonly backup?: unknown }
  readonly question: StatusQuestion
  readonly planned: number
}

/** The roles of a host that can be asked. `varsOf` gives a role's variables there, `plannedOf` its memory in bytes. */
export function askedOf<R extends Askable>(
  { host, fleet }: { readonly host: Host; readonly fleet: Fleet },
  own: readonly R[],
  varsOf: (role: R) => unknown,
  plannedOf: (role: R) => number,
): Asked[] {
  return own.flatMap(role =>
    role.status ? [{ role, question: role.status({ host, fleet, vars: varsOf(role) }), planned: plannedOf(role) }] : [],
  )
}

/** One script for all roles of a host: one `systemctl` for all units, then what each asks, its last backup, what is owed. It reads only. */
export function statusScript(asked: readonly Asked[]): Shell {
  return `${nowScript(asked)}
printf '\\036backups\\n'; for f in ${takenFolder}/*; do [ -f "$f" ] && read -r v <"$f" && printf '%s %s\\n' "\${f##*/}" "$v"; done
printf '\\036pending\\n'; cd ${quote(pendingFolder)} 2>/dev/null && for f in *; do printf '%s\\n' "$f"; done; true`
}

/** What is asked of a unit. */
const properties = ['Id', 'ActiveState', 'SubState', 'NRestarts', 'MainPID', 'ControlGroup', 'MemoryCurrent', 'ActiveEnterTimestamp']

/** The same without what is owed: how they stand now, whatever an earlier run left. */
export function nowScript(asked: readonly Asked[]): Shell {
  const units = asked.flatMap(({ question }) => question.units)
  return [
    "printf '\\036units\\n'",
    ...(units.length
      ? [
          `systemctl show ${properties.map(each => `-p ${each}`).join(' ')} -- ${words(units.map(unitName))} 2>/dev/null`,
          ...residentText(units),
        ]
      : []),
    ...asked.flatMap(({ role, question }) =>
      question.ask ? [`printf '\\036role %s\\n' ${role.name}\n(${question.ask}\n) 2>/dev/null </dev/null`] : [],
    ),
    'true',
  ].join('\n')
}

/**
 * What a unit's control group, of version 2 or 1, has of the page cache. Pi OS counts no memory by control group unless it is told to: what
 * the main process of each unit holds is to be had everywhere.
 */
function residentText(units: readonly string[]): Shell[] {
  return [
    `printf '\\036resident\\n'; systemctl show -p MainPID -p ControlGroup -- ${words(units.map(unitName))} 2>/dev/null | while IFS== read -r k v; do
case $k in
MainPID) [ -r "/proc/$v/status" ] && while read -r a b _; do [ "$a" = VmRSS: ] && printf '%s %s\\n' "$v" "$b"; done <"/proc/$v/status";;
ControlGroup) [ -n "$v" ] && for f in "/sys/fs/cgroup$v/memory.stat" "/sys/fs/cgroup/memory$v/memory.stat"; do
[ -r "$f" ] && while read -r a b; do case $a in active_file|inactive_file) printf '%s %s\\n' "$v" "$((b / 1024))";; esac; done <"$f"; done;;
esac; done`,
    `printf '\\036writes\\n'; (${askWrites(`$(systemctl show -p MainPID --value -- ${words(units.map(unitName))} 2>/dev/null)`)})`,
  ]
}

/** Reads what `statusScript` or `nowScript` printed. */
export function readStatus(asked: readonly Asked[], output: string): RoleStatus[] {
  const parts = output.split('\u001e')
  const part = (name: string) => parts.find(text => text.startsWith(`${name}\n`))?.slice(name.length + 1) ?? ''
  const units = new Map(
    part('units')
      .split(/\n\s*\n/)
      .map(block => {
        const values = new Map(
          block
            .trim()
            .split('\n')
            .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
        )
        return [values.get('Id') ?? '', values] as const
      }),
  )
  /** Of a process what is resident, of a control group its page cache. */
  const resident = new Map<string, number>()
  for (const [, of = '', kib] of part('resident').matchAll(/^(\S+) (\d+)$/gm))
    resident.set(of, (resident.get(of) ?? 0) + Number(kib) * 1024)
  const written = readWrites(part('writes'))
  const taken = new Map([...part('backups').matchAll(/^(\S+) (\d+)$/gm)].map(([, of = '', seconds]) => [of, Number(seconds)] as const))
  const marks = part('pending').split('\n')
  const unseen = healthOwed(marks)
  const owed = clusterOwed(marks)
  return asked.map(({ role, question, planned }) => {
    const own = question.units.map(name => [name, units.get(unitName(name))] as const)
    const down = own.flatMap(([name, unit]) =>
      unit?.get('ActiveState') === 'active'
        ? []
        : [
            `${name} is ${unit?.get('ActiveState') ?? 'not there'}${unit?.get('SubState') === 'auto-restart' ? ' and starts again and again' : ''}`,
          ],
    )
    const { wrong = [], warns = [], says = [] } = down.length === 0 && question.read ? question.read(part(`role ${role.name}`)) : {}
    const restarts = own.flatMap(([name, unit]) =>
      Number(unit?.get('NRestarts') ?? 0) > 0 ? [`${name} was started again ${unit?.get('NRestarts')} times`] : [],
    )
    const memory = own.flatMap(([, unit]) => held(unit, resident) ?? [])
    const writes = own.flatMap(([, unit]) => {
      const of = written.get(unit?.get('MainPID') ?? '')
      return (of && perDay(of)) ?? []
    })
    const since = own.flatMap(([, unit]) => unit?.get('ActiveEnterTimestamp') || []).at(-1)
    const all = [
      ...down,
      ...wrong,
      ...(unseen.has(role.name) ? ['nobody saw it at work since it was changed: `provision` looks'] : []),
      ...(owed.has(role.name) ? ['what belongs to its cluster is not all as wanted: `provision` goes on'] : []),
    ]
    return {
      role: role.name,
      ok: all.length === 0,
      wrong: all,
      warns,
      says: [...says, ...restarts],
      planned,
      ...(memory.length > 0 && { memory: memory.reduce((sum, bytes) => sum + bytes, 0) }),
      ...(writes.length > 0 && { writesPerDay: writes.reduce((sum, bytes) => sum + bytes, 0) }),
      ...(since !== undefined && { since }),
      ...(role.backup !== undefined && output.includes('\u001ebackups\n') && { backup: takenAt(taken.get(role.name)) }),
    }
  })
}

const takenAt = (seconds: number | undefined) => (seconds === undefined ? null : new Date(seconds * 1000).toISOString())

/** Bytes a unit holds. */
function held(unit: ReadonlyMap<string, string> | undefined, resident: ReadonlyMap<string, number>): number | undefined {
  const counted = Number(unit?.get('MemoryCurrent') ?? Number.NaN)
  if (!Number.isSafeInteger(counted)) return resident.get(unit?.get('MainPID') ?? '')
  return Math.max(0, counted - (resident.get(unit?.get('ControlGroup') ?? '') ?? 0))
}

/** A unit's name with its suffix. */
export const unitName = (name: string) => (/\.\w+$/.test(name) ? name : `${name}.service`)
