import { quote, words } from '../shell.ts'
import { resource, type AnyResource, type Change, type Kind, type Resource } from './kind.ts'

interface ServiceSpec {
  /** Unit name with its suffix, e.g. `nginx.service`. */
  readonly unit: string
  readonly enabled: boolean
  readonly running: boolean
  /** Labels of what it depends on and need only read anew. A change of anything else starts it again. */
  readonly reloads: readonly string[]
}

interface ServiceSeen {
  readonly loaded: boolean
  readonly active: string
  readonly unitFile: string
  /** A unit file was changed on disk and systemd has not read it yet. */
  readonly stale: boolean
}

const nothing: ServiceSeen = { loaded: false, active: 'inactive', unitFile: '', stale: false }
const isRunning = (seen: ServiceSeen) => seen.active === 'active' || seen.active === 'reloading'
// What is not enabled by links in the file system cannot be disabled either.
const isToDisable = (seen: ServiceSeen) => /^enabled/.test(seen.unitFile)
const isMasked = (seen: ServiceSeen) => seen.unitFile.startsWith('masked')
const isReload = ({ reloads }: ServiceSpec, seen: ServiceSeen, triggers: readonly string[]) =>
  !seen.stale && isRunning(seen) && triggers.every(each => reloads.includes(each))
const isEnabled = (seen: ServiceSeen) => /^(enabled|static|indirect|generated|alias|linked)/.test(seen.unitFile)

export const serviceKind: Kind<ServiceSpec, ServiceSeen> = {
  name: 'service',
  label: spec => spec.unit.replace(/\.service$/, ''),
  ask: specs => `systemctl show -p Id,Names,LoadState,ActiveState,UnitFileState,NeedDaemonReload ${words(specs.map(s => s.unit))}`,
  read(output, specs) {
    // systemctl prints one block a unit, in the order asked.
    const blocks = output
      .trim()
      .split(/\n\n/)
      .map(
        block =>
          new Map(
            block.split('\n').map(line => {
              const at = line.indexOf('=')
              return [line.slice(0, at), line.slice(at + 1)] as const
            }),
          ),
      )
    return specs.map((spec, index) => {
      const block = blocks.find(b => b.get('Names')?.split(' ').includes(spec.unit)) ?? blocks[index]
      if (!block || block.get('LoadState') === 'not-found' || !block.has('LoadState')) return nothing
      return {
        loaded: true,
        active: block.get('ActiveState') ?? '',
        unitFile: block.get('UnitFileState') ?? '',
        stale: block.get('NeedDaemonReload') === 'yes',
      }
    })
  },
  compare(spec, observed, triggers) {
    const changes: Change[] = []
    if (spec.enabled ? !isEnabled(observed) : isToDisable(observed))
      changes.push({ does: !spec.enabled ? 'disable' : isMasked(observed) ? 'unmask and enable' : 'enable' })
    if (spec.running ? !isRunning(observed) : observed.active !== 'inactive' && observed.active !== 'failed')
      changes.push({ does: spec.running ? 'start' : 'stop' })
    else if (spec.running && triggers.length)
      changes.push({ does: `${isReload(spec, observed, triggers) ? 'reload' : 'restart'} (${triggers.join(', ')})` })
    else if (spec.running && observed.stale) changes.push({ does: 'restart (its unit file changed)' })
    return changes
  },
  disturbs: (spec, observed, triggers) => isRunning(observed) && (!spec.running || triggers.length > 0 || observed.stale),
  change(spec, observed, triggers) {
    const unit = quote(spec.unit)
    const enable = spec.enabled
      ? `{ systemctl is-enabled -q ${unit} || systemctl enable -q ${unit}; }`
      : `{ ! systemctl cat ${unit} >/dev/null 2>&1 || systemctl disable -q ${unit}; }`
    if (!spec.running) return [{ run: `${enable} && { ! systemctl cat ${unit} >/dev/null 2>&1 || systemctl stop ${unit}; }`, timeout: 300 }]
    // A unit that gave up (start limit) stays so until it is told to forget. A package may have started it already
    // with a configuration that came later: restart covers both.
    const verb = triggers.length === 0 && !observed.stale ? 'start' : isReload(spec, observed, triggers) ? 'reload' : 'restart'
    const unmask = isMasked(observed) ? `systemctl unmask -q ${unit} && systemctl unmask -q --runtime ${unit} && ` : ''
    return [
      {
        run: `${unmask}systemctl daemon-reload && ${enable} && { systemctl reset-failed ${unit} 2>/dev/null; systemctl ${verb} ${unit} || { journalctl -u ${unit} -n 15 --no-pager -o cat >&2; false; }; }`,
        timeout: 300,
      },
    ]
  },
}

export interface ServiceOptions {
  readonly enabled?: boolean
  readonly running?: boolean
  readonly restartOn?: readonly AnyResource[]
  /** What it reads anew while it runs: enough where nothing else changed. Its unit needs an `ExecReload`. */
  readonly reloadOn?: readonly AnyResource[]
}

/** A systemd unit; `name` without a suffix is a `.service`. A unit that does not exist counts as stopped and disabled. */
export function service(name: string, options: ServiceOptions = {}): Resource<ServiceSpec, ServiceSeen> {
  const { enabled = true, running = true, restartOn = [], reloadOn = [] } = options
  return resource(
    serviceKind,
    { unit: /\.\w+$/.test(name) ? name : `${name}.service`, enabled, running, reloads: reloadOn.map(({ kind, spec }) => kind.label(spec)) },
    [...restartOn, ...reloadOn],
  )
}
