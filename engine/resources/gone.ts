import { quote, words } from '../shell.ts'
import { locksHeldText, writesNothing } from './apt-text.ts'
import { resource, type AnyResource, type Kind, type Resource } from './kind.ts'

interface PackagesSpec {
  readonly packages: readonly string[]
}

interface PackagesSeen {
  readonly installed: readonly string[]
  /** Packages that need one of them, and would go with them. */
  readonly others: readonly string[]
}

export const packagesGoneKind: Kind<PackagesSpec, PackagesSeen> = {
  name: 'no package',
  label: spec => spec.packages.join(' '),
  ask: specs =>
    specs
      .map(
        (
          { packages },
          index,
        ) => `there=$(dpkg-query -W -f '\${Package} \${db:Status-Abbrev}\\n' ${words(packages)} | while read -r name status; do [ "\${status:1:1}" = i ] && printf '%s\\n' "$name"; done)
for name in $there; do printf '%s there %s\\n' ${index} "$name"; done
[ -z "$there" ] || apt-get -s -q ${writesNothing} remove $there </dev/null | while read -r verb name _; do [ "$verb" = Remv ] && printf '%s goes %s\\n' ${index} "$name"; done`,
      )
      .join('\n'),
  read: (output, specs) =>
    specs.map((_spec, index) => {
      const named = (what: string) =>
        output.split('\n').flatMap(line => (line.startsWith(`${index} ${what} `) ? [line.split(' ')[2] ?? ''] : []))
      const installed = named('there')
      return { installed, others: named('goes').filter(name => !installed.includes(name)) }
    }),
  compare(_spec, { installed, others }) {
    if (installed.length === 0) return []
    return [{ does: `REMOVE ${installed.join(' ')}` }, ...(others.length ? [{ does: `REMOVE ${others.join(' ')}, which need it` }] : [])]
  },
  change: (_spec, { installed }) => [
    {
      run: `DEBIAN_FRONTEND=noninteractive apt-get remove -y -q -o DPkg::Lock::Timeout=600 ${words(installed)}`,
      waits: locksHeldText,
      timeout: 1800,
    },
  ],
}

/** Debian packages that are not installed; their settings in /etc stay, as dpkg leaves them. What needs them goes with them, and the plan lists it. */
export function packagesGone(...packages: [string, ...string[]]): Resource<PackagesSpec, PackagesSeen> {
  return resource(packagesGoneKind, { packages })
}

interface PathSpec {
  readonly path: string
}

export const pathGoneKind: Kind<PathSpec, boolean> = {
  name: 'no file',
  label: spec => spec.path,
  ask: specs =>
    specs.map(({ path }, index) => `{ [ -e ${quote(path)} ] || [ -L ${quote(path)} ]; } && printf 'there %s\\n' ${index}`).join('\n'),
  read(output, specs) {
    const there = new Set(output.split('\n'))
    return specs.map((_spec, index) => there.has(`there ${index}`))
  },
  compare: ({ path }, there) => (there ? [{ does: `REMOVE ${path}` }] : []),
  change: ({ path }) => [
    { run: `rm -rf --one-file-system -- ${quote(path)}${path.startsWith('/etc/systemd/') ? ' && systemctl daemon-reload' : ''}` },
  ],
}

/** A file or folder that provision made and that is gone. What lies on another file system below it stays. */
export function pathGone(path: string): Resource<PathSpec, boolean> {
  // Two names at least: /etc or /opt are nobody's to remove.
  if (!/^(\/[^/\n]+){2,}$/.test(path) || /\/\.\.?(\/|$)/.test(path))
    throw new Error(`what is to be removed needs an absolute path of two names at least, not ${JSON.stringify(path)}`)
  return resource(pathGoneKind, { path })
}

/** The same resource without packages that others want; none where nothing is left of it. */
export function without(resource: AnyResource, packages: ReadonlySet<string>): readonly AnyResource[] {
  if (resource.kind !== packagesGoneKind) return [resource]
  const [first, ...rest] = (resource.spec as PackagesSpec).packages.filter(name => !packages.has(name))
  return first === undefined ? [] : [packagesGone(first, ...rest)]
}
