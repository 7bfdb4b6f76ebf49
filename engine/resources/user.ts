import { quote, words } from '../shell.ts'
import { resource, type Kind, type Resource } from './kind.ts'

interface UserSpec {
  readonly name: string
  readonly home: string
  /** Supplementary groups; others the user has are left alone. */
  readonly groups: readonly string[]
}

interface UserSeen {
  readonly home: string
  readonly groups: readonly string[]
}

const missing = (spec: UserSpec, observed: UserSeen) => spec.groups.filter(group => !observed.groups.includes(group))

export const userKind: Kind<UserSpec, UserSeen | undefined> = {
  name: 'user',
  label: spec => spec.name,
  ask: specs => `getent passwd ${words(specs.map(s => s.name))}
for u in ${words(specs.map(s => s.name))}; do printf 'groups %s %s\\n' "$u" "$(id -Gn "$u" 2>/dev/null)"; done`,
  read(output, specs) {
    const homes = new Map<string, string>()
    const groups = new Map<string, string[]>()
    for (const line of output.split('\n')) {
      const [word, name, ...rest] = line.split(' ')
      if (word === 'groups' && name) groups.set(name, rest.filter(Boolean))
      const fields = line.split(':')
      if (fields.length === 7) homes.set(fields[0] as string, fields[5] as string)
    }
    return specs.map(({ name }) => {
      const home = homes.get(name)
      return home === undefined ? undefined : { home, groups: groups.get(name) ?? [] }
    })
  },
  compare(spec, observed) {
    if (!observed) return [{ does: `create, home ${spec.home}${spec.groups.length ? `, in ${spec.groups.join(', ')}` : ''}` }]
    const changes = []
    if (observed.home !== spec.home) changes.push({ does: `home ${observed.home} → ${spec.home}` })
    const lacks = missing(spec, observed)
    if (lacks.length) changes.push({ does: `add to ${lacks.join(', ')}` })
    return changes
  },
  change(spec, observed) {
    const groups = spec.groups.length ? ` -G ${quote(spec.groups.join(','))}` : ''
    if (!observed)
      return [
        {
          run: `g=--user-group; ! getent group ${quote(spec.name)} >/dev/null || g='--gid ${spec.name}'; useradd --system $g --home-dir ${quote(spec.home)} --shell /usr/sbin/nologin${groups} ${quote(spec.name)}`,
        },
      ]
    const lacks = missing(spec, observed)
    return [
      {
        run: `usermod${observed.home === spec.home ? '' : ` -d ${quote(spec.home)}`}${lacks.length ? ` -aG ${quote(lacks.join(','))}` : ''} ${quote(spec.name)}`,
      },
    ]
  },
}

/** A system user that cannot log in, for a service to run as. Its home is named, not made. */
export function user(
  name: string,
  options: { readonly home?: string; readonly groups?: readonly string[] } = {},
): Resource<UserSpec, UserSeen | undefined> {
  return resource(userKind, { name, home: options.home ?? '/nonexistent', groups: options.groups ?? [] })
}
