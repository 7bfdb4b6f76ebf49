import { quote, words } from '../shell.ts'
import { resource, type Kind, type Resource } from './kind.ts'

interface DirectorySpec {
  readonly path: string
  readonly mode: string
  readonly owner: string
  readonly group: string
}

interface DirectorySeen {
  readonly mode: string
  readonly owner: string
  readonly group: string
  readonly type: string
}

export const directoryKind: Kind<DirectorySpec, DirectorySeen | undefined> = {
  name: 'directory',
  label: spec => spec.path,
  ask: specs => `stat -c '%a %U %G %F|%n' -- ${words(specs.map(s => s.path))}`,
  read(output, specs) {
    const seen = new Map<string, DirectorySeen>()
    for (const line of output.split('\n')) {
      const stat = /^(\d+) (\S+) (\S+) ([^|]+)\|(.*)$/.exec(line)
      if (!stat) continue
      const [, mode = '', owner = '', group = '', type = '', path = ''] = stat
      seen.set(path, { mode: mode.padStart(4, '0'), owner, group, type })
    }
    return specs.map(spec => seen.get(spec.path))
  },
  compare(spec, observed) {
    if (!observed) return [{ does: 'create' }]
    if (observed.type !== 'directory')
      return [{ does: `make a directory where a ${observed.type} stands (it is kept as ${spec.path}.before-provision)` }]
    const changes = []
    if (observed.mode !== spec.mode) changes.push({ does: `mode ${observed.mode} → ${spec.mode}` })
    if (observed.owner !== spec.owner || observed.group !== spec.group)
      changes.push({ does: `owner ${observed.owner}:${observed.group} → ${spec.owner}:${spec.group}` })
    return changes
  },
  change(spec, observed) {
    const path = quote(spec.path)
    const aside = observed && observed.type !== 'directory' ? `mv -T ${path} ${quote(`${spec.path}.before-provision`)} && ` : ''
    // Five digits: with four, chmod leaves a directory its setgid bit.
    return [{ run: `${aside}mkdir -p -- ${path} && chown ${quote(`${spec.owner}:${spec.group}`)} ${path} && chmod 0${spec.mode} ${path}` }]
  },
}

/** A directory, with its parents. What is in it is not looked at. */
export function directory(
  path: string,
  options: { readonly mode?: string; readonly owner?: string; readonly group?: string } = {},
): Resource<DirectorySpec, DirectorySeen | undefined> {
  if (!/^\/[^\n|]*[^\n|/]$/.test(path)) throw new Error(`a directory needs an absolute path on one line, not ${JSON.stringify(path)}`)
  return resource(directoryKind, {
    path,
    mode: (options.mode ?? '0755').padStart(4, '0'),
    owner: options.owner ?? 'root',
    group: options.group ?? options.owner ?? 'root',
  })
}
