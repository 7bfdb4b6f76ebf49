import { words } from '../shell.ts'
import { resource, type Kind, type Resource } from './kind.ts'

interface AptSpec {
  readonly packages: readonly string[]
  readonly recommends: boolean
}

/** Version by package; packages that are not wholly installed are missing. */
type Installed = ReadonlyMap<string, string>

const absent = (spec: AptSpec, observed: Installed) => spec.packages.filter(name => !observed.has(name))

export const aptKind: Kind<AptSpec, Installed> = {
  name: 'apt',
  label: spec => spec.packages.join(' '),
  ask: specs => `dpkg-query -W -f '\${binary:Package} \${db:Status-Abbrev} \${Version}\\n' ${words([...new Set(specs.flatMap(spec => spec.packages))])}`,
  read(output, specs) {
    const installed = new Map<string, string>()
    for (const line of output.split('\n')) {
      const [name = '', status, version] = line.split(/ +/)
      if (status === 'ii' || status === 'hi') installed.set(name.replace(/:.*/, ''), version ?? '')
    }
    return specs.map(() => installed)
  },
  compare(spec, observed) {
    const missing = absent(spec, observed)
    return missing.length ? [{ does: `install ${missing.join(' ')}` }] : []
  },
  change(spec, observed) {
    return [{ run: installText(absent(spec, observed), spec.recommends), timeout: 3600 }]
  },
  merge: specs => ({ packages: [...new Set(specs.flatMap(spec => spec.packages))], recommends: specs.some(spec => spec.recommends) }),
}

// A run that died inside dpkg leaves it half done: that is mended first. Lists fetched over a day ago (their own dates are the
// mirror's; the folder they pass through has ours) cost more failed downloads than an update costs time; one retry after an update covers a mirror that moved on.
function installText(packages: readonly string[], recommends: boolean): string {
  const options = `-y -q ${recommends ? '' : '--no-install-recommends '}-o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold`
  return `export DEBIAN_FRONTEND=noninteractive
dpkg --configure -a --force-confdef --force-confold
update() { apt-get update -q -o DPkg::Lock::Timeout=600; }
[ -n "$(find /var/lib/apt/lists/partial -maxdepth 0 -mmin -1440)" ] && ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || update || exit
install() { apt-get install ${options} ${words(packages)}; }
install || { update && apt-get install -f ${options} && install; }`
}

/** Debian packages, installed in whatever version the Pi's own apt has; without what they only recommend. */
export function apt(...packages: [string, ...string[]]): Resource<AptSpec, Installed> {
  return resource(aptKind, { packages, recommends: false })
}
