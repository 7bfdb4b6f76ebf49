import { createHash } from 'node:crypto'
import { structuredPatch } from 'diff'
import { printsBytes, quote, words } from '../shell.ts'
import { resource, type Kind, type Resource } from './kind.ts'
import { askOwned, askPackaged, keep, keptPath, noteOwned, readOwned } from './owned.ts'
import { sumOfSource } from './source-sum.ts'

export interface FileSpec {
  readonly path: string
  /** What it holds, or a file of the controller. */
  readonly content: string | { readonly source: string }
  /** Octal, e.g. `0644`. */
  readonly mode: string
  readonly owner: string
  readonly group: string
  /** Its content is never shown, not even in a diff. */
  readonly secret: boolean
  /** Shell text that ends with an error where the file beside it, `$new`, must not take its place. */
  readonly check?: string
  readonly sha256: string
}

/** What stands at a path: mode, owner and content, or nothing. */
export interface FileSeen {
  readonly mode: string
  readonly owner: string
  readonly group: string
  readonly type: string
  readonly sha256: string
  /** It is not known to be ours: what an earlier version wrote is known by the Pi's journal. */
  readonly foreign?: true
  /** A package brought it, and nobody has changed it since: there is nothing to keep. */
  readonly packaged?: true
  /** Something is kept beside it from before. */
  readonly kept?: true
}

export const fileKind: Kind<FileSpec, FileSeen | undefined> = {
  name: 'file',
  label: spec => spec.path,
  ask: specs =>
    [
      `stat -c '%a %U %G %F|%n' -- ${words(specs.flatMap(s => [s.path, keptPath(s.path)]))}`,
      `sha256sum -- ${words(specs.map(s => s.path))}`,
      askOwned,
      askPackaged(specs.map(s => s.path)),
    ].join('\n'),
  read(output, specs) {
    const seen = new Map<string, FileSeen>()
    const sums = new Map<string, string>()
    const packaged = new Set<string>()
    for (const line of output.split('\n')) {
      if (line.startsWith('packaged ')) packaged.add(line.slice('packaged '.length))
      // A backslash in a name is doubled, and told by one in front of the line.
      const sum = /^(\\?)([0-9a-f]{64}) [ *](.*)$/.exec(line)
      if (sum) sums.set(sum[1] ? (sum[3] as string).replaceAll('\\\\', '\\') : (sum[3] as string), sum[2] as string)
      const stat = /^(\d+) (\S+) (\S+) ([^|]+)\|(.*)$/.exec(line)
      if (stat) {
        const [, mode = '', owner = '', group = '', type = '', path = ''] = stat
        seen.set(path, { mode: mode.padStart(4, '0'), owner, group, type, sha256: '' })
      }
    }
    const owned = readOwned(
      output,
      specs.map(({ path }) => path),
    )
    return specs.map(({ path }) => {
      const found = seen.get(path)
      return (
        found && {
          ...found,
          sha256: sums.get(path) ?? '',
          ...(owned.get(path) !== 'ours' && { foreign: true as const }),
          ...(packaged.has(path) && { packaged: true as const }),
          ...(seen.has(keptPath(path)) && { kept: true as const }),
        }
      )
    })
  },
  compare(spec, observed) {
    if (!observed) return [{ does: 'create' }]
    if (observed.type === 'directory') return [{ does: `replace the directory by a file (it is kept as ${keptPath(spec.path)})` }]
    const keeps = isKept(spec, observed) ? [{ does: `keep what stands there as ${keptPath(spec.path)}` }] : []
    if (!observed.type.startsWith('regular')) return [...keeps, { does: `replace the ${observed.type} by a file` }]
    const changes = [...keeps]
    if (observed.sha256 !== spec.sha256) changes.push({ does: 'change content' })
    if (observed.mode !== spec.mode) changes.push({ does: `mode ${observed.mode} → ${spec.mode}` })
    if (observed.owner !== spec.owner || observed.group !== spec.group)
      changes.push({ does: `owner ${observed.owner}:${observed.group} → ${spec.owner}:${spec.group}` })
    return changes
  },
  change(spec, observed) {
    const swap = [
      ...(spec.check === undefined ? [] : [`{ new=${quote(beside(spec.path))}; ${spec.check}; }`]),
      ...(observed?.type === 'directory' ? [`mv -T ${quote(spec.path)} ${quote(keptPath(spec.path))}`] : []),
      ...(isKept(spec, observed) ? [keep(spec.path)] : []),
      ...(!observed || observed.foreign ? [noteOwned('ours', spec.path)] : []),
      `chown ${quote(`${spec.owner}:${spec.group}`)} ${quote(beside(spec.path))}`,
      `chmod ${spec.mode} ${quote(beside(spec.path))}`,
      `sync ${quote(beside(spec.path))}`,
      `mv -fT ${quote(beside(spec.path))} ${quote(spec.path)}`,
    ]
    if (observed?.type.startsWith('regular') && observed.sha256 === spec.sha256)
      return [{ run: `chown ${quote(`${spec.owner}:${spec.group}`)} ${quote(spec.path)} && chmod ${spec.mode} ${quote(spec.path)}` }]
    const folder = `mkdir -p -- ${quote(spec.path.replace(/\/[^/]*$/, '') || '/')}`
    if (typeof spec.content !== 'string')
      return [
        { run: folder },
        { upload: spec.content.source, to: beside(spec.path) },
        { run: [`echo ${spec.sha256}' ' ${quote(beside(spec.path))} | sha256sum -c --quiet`, ...swap].join(' && ') },
      ]
    return [
      {
        run: `${folder} && (umask 077; rm -f ${quote(beside(spec.path))}; ${printsBytes(spec.content).replace('\n', () => ` >${quote(beside(spec.path))}\n`)}) && ${swap.join(' && ')}`,
      },
    ]
  },
  detail: {
    ask: spec => `head -c 262144 -- ${quote(spec.path)} | base64`,
    diff(spec, output) {
      if (spec.secret) return ['  (content not shown: it holds a secret)']
      if (typeof spec.content !== 'string') return [`  (from ${spec.content.source})`]
      const { hunks } = structuredPatch(spec.path, spec.path, Buffer.from(output, 'base64').toString(), spec.content, '', '', {
        context: 2,
      })
      return hunks.flatMap(hunk => hunk.lines).slice(0, 200)
    },
  },
}

/** What somebody else put there is kept, once: an empty file, one of a package as it came and one that is as wanted tell nothing. */
const isKept = (spec: FileSpec, observed: FileSeen | undefined): boolean =>
  observed?.foreign === true &&
  observed.packaged === undefined &&
  observed.kept === undefined &&
  observed.type !== 'directory' &&
  observed.type !== 'regular empty file' &&
  observed.sha256 !== spec.sha256

const beside = (path: string) => `${path}.provision-new`

export interface FileOptions {
  readonly mode?: string
  readonly owner?: string
  readonly group?: string
  readonly secret?: boolean
  /**
   * Looks at the new file, `$new`, before it takes the place of the old one; what ends with an error keeps the old one, e.g.
   * `visudo -cf "$new"`. It must not print what the file holds.
   */
  readonly check?: string
}

/** A file with this content (text, or a file of the controller). Its folder is made where it is missing. Written beside, then renamed. */
export function file(
  path: string,
  content: string | { readonly source: string },
  options: FileOptions = {},
): Resource<FileSpec, FileSeen | undefined> {
  if (!/^\/[^\n|]*[^\n|/]$/.test(path)) throw new Error(`a file needs an absolute path on one line, not ${JSON.stringify(path)}`)
  const secret = options.secret ?? false
  return resource(fileKind, {
    path,
    content,
    secret,
    mode: (options.mode ?? (secret ? '0600' : '0644')).padStart(4, '0'),
    owner: options.owner ?? 'root',
    group: options.group ?? options.owner ?? 'root',
    ...(options.check !== undefined && { check: options.check }),
    sha256: typeof content === 'string' ? createHash('sha256').update(content).digest('hex') : sumOfSource(content.source),
  })
}
