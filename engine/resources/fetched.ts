import { sumOf, type Kept } from '../kept.ts'
import { quote } from '../shell.ts'
import { resource, type AnyResource, type Kind, type Resource } from './kind.ts'

const MiB = 1024 * 1024

interface FetchedSpec {
  readonly path: string
  readonly name: string
  readonly most: number
  readonly kept: Kept
}

interface FetchedSeen {
  readonly there: boolean
  /** SHA-256 of the Pi's file, where that can be taken. */
  readonly sum: string | undefined
  /** SHA-256 of what is kept. */
  readonly kept: string | undefined
}

export const fetchedKind: Kind<FetchedSpec, FetchedSeen> = {
  name: 'fetched',
  label: spec => spec.path,
  // One that is too large is not read for its sum.
  ask: specs =>
    specs
      .map(
        ({ path, most }, index) =>
          `f=${quote(path)}; if [ -e "$f" ] || [ -L "$f" ]; then printf 'there %s\\n' ${index}
[ -f "$f" ] && [ ! -L "$f" ] && [ "$(stat -c %s -- "$f")" -le ${most} ] &&
  read -r s _ < <(sha256sum <"$f") && printf 'sum %s %s\\n' ${index} "$s"
fi`,
      )
      .join('\n'),
  read(output, specs) {
    const lines = output.split('\n')
    return specs.map(({ kept, name }, index) => {
      const content = kept(name)
      return {
        there: lines.includes(`there ${index}`),
        sum: lines.find(line => line.startsWith(`sum ${index} `))?.split(' ')[2],
        kept: content && sumOf(content),
      }
    })
  },
  compare(spec, { there, sum, kept }) {
    if (kept === undefined) return [{ does: `keep it on this machine as ${spec.name}` }]
    // What is gone from the Pi is not gone from here.
    return there && sum !== kept ? [{ does: `keep it on this machine as ${spec.name}, for it has changed` }] : []
  },
  change: ({ path, name, most, kept }) => [{ fetch: path, most, keep: content => kept.keep(name, content) }],
}

export interface FetchedOptions {
  /** Bytes it may have at most; 1 MiB by default, 64 MiB at most. */
  readonly most?: number
  /** What makes the file. */
  readonly on?: readonly AnyResource[]
}

/**
 * A file of the Pi that is kept on the controller as `name`, for the role to read back with `kept(name)`: in this run in `cluster`, in
 * later ones everywhere. The name is the fleet's: where each host has a file of its own it has the host in it.
 */
export function fetched(
  path: string,
  kept: Kept,
  name: string,
  { most = MiB, on = [] }: FetchedOptions = {},
): Resource<FetchedSpec, FetchedSeen> {
  if (!/^(\/[^/\n]+)+$/.test(path) || /\/\.\.?(\/|$)/.test(path))
    throw new Error(`a file to be fetched needs an absolute path without detours, not ${JSON.stringify(path)}`)
  if (!Number.isInteger(most) || most < 0 || most > 64 * MiB) throw new Error(`${path}: at most 64 MiB are fetched`)
  return resource(fetchedKind, { path, name, most, kept }, on)
}
