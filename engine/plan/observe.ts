import type { AnyResource, Kind, Shell } from '../resources/kind.ts'
import { quote } from '../shell.ts'
import type { Wanted } from './desired.ts'
import { healthOwed, pendingFolder, pendingMark } from './marks.ts'

/** One question for a whole host: its script and how to read the answer. */
export interface Question {
  readonly script: Shell
  read(output: string): Answer
}

/** What is there, by resource, and what is still owed from an earlier run: reactions to its changes, and a look at the health of roles. */
export interface Observed {
  readonly state: ReadonlyMap<AnyResource, unknown>
  readonly pending: ReadonlySet<AnyResource>
  /** Roles whose health nobody has seen since a run changed them. */
  readonly unseen: ReadonlySet<string>
}

/** What a host's answer shows. */
export interface Answer extends Observed {
  /** All marks on it, of whatever is owed. */
  readonly marks: ReadonlySet<string>
}

/** Puts the asks of all resources into one script, one fragment a kind. */
export function question(wanted: readonly Wanted[]): Question {
  const byKind = new Map<Kind<unknown, unknown>, AnyResource[]>()
  for (const { resource } of wanted) {
    const list = byKind.get(resource.kind)
    if (list) list.push(resource)
    else byKind.set(resource.kind, [resource])
  }
  const kinds = [...byKind]
  const fragments = kinds.map(
    ([kind, list], index) => `printf '\\036ask %s\\n' ${index}\n(${kind.ask(list.map(r => r.spec))}\n) 2>/dev/null`,
  )
  return {
    script: [
      ...fragments,
      `printf '\\036pending\\n'; cd ${quote(pendingFolder)} 2>/dev/null && for f in *; do printf '%s\\n' "$f"; done`,
    ].join('\n'),
    read(output) {
      const parts = output.split('\x1e')
      const state = new Map<AnyResource, unknown>()
      kinds.forEach(([kind, list], index) => {
        const part = parts.find(text => text.startsWith(`ask ${index}\n`))
        if (part === undefined) throw new Error(`the host's answer about ${kind.name} is missing`)
        kind
          .read(
            part.slice(part.indexOf('\n') + 1),
            list.map(r => r.spec),
          )
          .forEach((seen, at) => state.set(list[at] as AnyResource, seen))
      })
      const marks = new Set(parts.find(text => text.startsWith('pending\n'))?.split('\n') ?? [])
      const pending = new Set(wanted.map(w => w.resource).filter(r => marks.has(pendingMark(r))))
      return { state, pending, unseen: healthOwed(marks), marks }
    },
  }
}
