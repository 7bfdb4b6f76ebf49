import { quote, words } from '../shell.ts'
import { locksHeldText, writesNothing } from './apt-text.ts'
import { resource, type AnyResource, type Kind, type Resource, type Shell } from './kind.ts'
import { askOwned, keptPath, noteOwned, readOwned } from './owned.ts'

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
        ({ packages }, index) => `there=$(dpkg-query -W -f '\${Package} \${db:Status-Abbrev}\\n' ${words(packages)} |
  while read -r name status; do [ "\${status:1:1}" = i ] && printf '%s\\n' "$name"; done)
for name in $there; do printf '%s there %s\\n' ${index} "$name"; done
[ -z "$there" ] || apt-get -s -q ${writesNothing} remove $there </dev/null |
  while read -r verb name _; do [ "$verb" = Remv ] && printf '%s goes %s\\n' ${index} "$name"; done`,
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

/**
 * Debian packages that are not installed; their settings in /etc stay, as dpkg leaves them. What needs them goes with them, and the plan
 * lists it.
 */
export function packagesGone(...packages: [string, ...string[]]): Resource<PackagesSpec, PackagesSeen> {
  return resource(packagesGoneKind, { packages })
}

interface PathSpec {
  readonly path: string
}

interface PathSeen {
  readonly there: boolean
  /** Something that stood there before provision is kept beside it, or below it. */
  readonly kept: 'beside' | 'below' | undefined
  /** It was given back: what stands there is not ours. */
  readonly back: boolean
  /** It is noted as ours, so that its end is noted, too. */
  readonly ours: boolean
}

const askPath = (path: string, index: number): Shell => {
  const [at, kept] = [quote(path), quote(keptPath(path))]
  return `{ [ -e ${at} ] || [ -L ${at} ]; } && printf 'there %s\n' ${index}
{ [ -e ${kept} ] || [ -L ${kept} ]; } && printf 'beside %s\n' ${index}
[ -d ${at} ] && [ ! -L ${at} ] && [ -n "$(find ${at} -xdev -name '*${keptPath('')}' -print -quit)" ] && printf 'below %s\n' ${index}`
}

/**
 * Takes all of a folder away but what was kept in it, and puts that in its place. The folder is noted as given back first: cut here, no
 * more than that is left to do.
 */
const emptied = (path: string): Shell =>
  `find ${quote(path)} -xdev -depth \\( ! -type d ! -name '*${keptPath('')}' -o -type d -empty \\) -delete`
const putBackBelow = (path: string): Shell =>
  `find ${quote(path)} -xdev -name '*${keptPath('')}' | while IFS= read -r f; do mv -fT -- "$f" "\${f%${keptPath('')}}" || exit 1; done`

export const pathGoneKind: Kind<PathSpec, PathSeen> = {
  name: 'no file',
  label: spec => spec.path,
  ask: specs => `${askOwned}\n${specs.map(({ path }, index) => askPath(path, index)).join('\n')}`,
  read(output, specs) {
    const said = new Set(output.split('\n'))
    const owned = readOwned(
      output,
      specs.map(({ path }) => path),
    )
    return specs.map(({ path }, index) => ({
      there: said.has(`there ${index}`),
      kept: said.has(`beside ${index}`) ? 'beside' : said.has(`below ${index}`) ? 'below' : undefined,
      back: owned.get(path) === 'back',
      ours: owned.get(path) === 'ours',
    }))
  },
  compare({ path }, { there, kept, back }) {
    if (kept === 'beside') return [{ does: `put back what stood at ${path} before` }]
    if (kept === 'below')
      return [{ does: back ? `put back what stood in ${path} before` : `REMOVE ${path}, and put back what stood in it before` }]
    return there && !back ? [{ does: `REMOVE ${path}` }] : []
  },
  change({ path }, { kept, back, ours }) {
    const at = quote(path)
    const reload = path.startsWith('/etc/systemd/') ? ' && systemctl daemon-reload' : ''
    const noted = noteOwned('back', path)
    if (kept === 'beside')
      return [{ run: `${noted} && rm -rf --one-file-system -- ${at} && mv -T -- ${quote(keptPath(path))} ${at}${reload}` }]
    if (kept === 'below') return [{ run: `${back ? '' : `${emptied(path)} && ${noted} && `}${putBackBelow(path)}${reload}` }]
    return [{ run: `rm -rf --one-file-system -- ${at}${ours ? ` && ${noted}` : ''}${reload}` }]
  },
}

/**
 * A file or folder that provision made and that is gone; what stood there before it is put back. What lies on another file system below it
 * stays.
 */
export function pathGone(path: string): Resource<PathSpec, PathSeen> {
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
