import { writesNothing } from '../resources/apt-text.ts'
import type { Shell } from '../resources/kind.ts'
import { words } from '../shell.ts'

/** A package that the Pi's own apt has a newer version of. */
export interface Newer {
  readonly name: string
  readonly from: string
  readonly to: string
}

/** What of a Pi decides whether its packages can be upgraded in place. */
export interface PackagesSeen {
  /** Its Debian release, e.g. `bookworm`. */
  readonly release: string
  /** Releases that its package sources name, e.g. `trixie`; without their `-updates` and `-security`. */
  readonly suites: readonly string[]
  readonly newer: readonly Newer[]
}

const kept = '-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=600'

/** Upgrades these, or all: nothing is removed, and no package comes that was not there but what an upgraded one needs. */
const upgrades = (only: readonly string[] | undefined) =>
  only ? `install --only-upgrade --no-remove --no-install-recommends ${words(only)}` : 'upgrade --with-new-pkgs --no-remove'

/** Fetches the lists anew: what is newer is asked of them. */
export const fetchesLists: Shell = `apt-get update -q -o DPkg::Lock::Timeout=600 >/dev/null`

/** Prints release, sources, and what would become newer; `only`: of these packages. Changes nothing. */
export function asksPackages(only?: readonly string[]): Shell {
  const named =
    only && `p=(); for n in ${words(only)}; do [ "$(dpkg-query -W -f '\${db:Status-Abbrev}' "$n" 2>/dev/null)" = 'ii ' ] && p+=("$n"); done`
  const simulated = only
    ? `[ \${#p[@]} -eq 0 ] || apt-get -s -q ${writesNothing} install --only-upgrade --no-remove --no-install-recommends "\${p[@]}"`
    : `apt-get -s -q ${writesNothing} ${upgrades(undefined)}`
  return `. /etc/os-release; printf 'release=%s\\n' "$VERSION_CODENAME"
sed -nE 's/^deb(-src)? +(\\[[^]]*\\] +)?[^ ]+ +([^ ]+).*/suite=\\3/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null
sed -nE 's/^Suites: *(.*)/\\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null | tr ' ' '\\n' | sed 's/^/suite=/'
${named ?? ''}
LC_ALL=C ${simulated}`
}

/** Reads what `asksPackages` printed. */
export function readPackages(output: string): PackagesSeen {
  const suites = [...output.matchAll(/^suite=(\S+)$/gm)].map(([, suite = '']) =>
    suite.replace(/[-/](updates|security|backports|proposed-updates)$/, ''),
  )
  return {
    release: /^release=(\S*)$/m.exec(output)?.[1] ?? '',
    suites: [...new Set(suites)].filter(suite => /^[a-z]+$/.test(suite)),
    newer: [...output.matchAll(/^Inst (\S+) \[([^\]]+)\] \((\S+) /gm)].map(([, name = '', from = '', to = '']) => ({ name, from, to })),
  }
}

/**
 * Upgrades packages, then starts again what of `units` still has a file of before in use: a program goes on with the library that it has
 * loaded, also where the package has a newer one. Done twice it is as done once. What a person changed in a configuration file stays.
 */
export function upgradesPackages(units: readonly string[], only?: readonly string[]): Shell {
  const named = only && only.length > 0 ? only : undefined
  return `export DEBIAN_FRONTEND=noninteractive
dpkg --configure -a --force-confdef --force-confold
apt-get -y -q ${kept} ${upgrades(named)} || exit 1
${restartsStale(units)}`
}

/** Starts those of the units again that have files in use that are not there any more. Prints their names. */
export const restartsStale = (units: readonly string[]): Shell =>
  `for u in ${words(units)}; do
systemctl -q is-active "$u" || continue
for p in $(cat "/sys/fs/cgroup$(systemctl show -p ControlGroup --value "$u")/cgroup.procs" 2>/dev/null || systemctl show -p MainPID --value "$u"); do
if grep -qE ' /(usr|lib|opt)/.* \\(deleted\\)$' "/proc/$p/maps" 2>/dev/null; then printf 'started again: %s\\n' "$u"; systemctl restart "$u" || exit 1; break; fi
done; done`
