import { quote } from '../shell.ts'
import { healthMark, marksText, pendingFolder, pendingMark } from './marks.ts'
import type { Act } from '../act.ts'
import type { AnyResource, Shell } from '../resources/kind.ts'
import type { PlanItem } from './plan.ts'

/** A stretch of a plan that travels to the Pi together. */
export type Leg =
  | { readonly kind: 'script'; readonly text: string; readonly timeout: number }
  | { readonly kind: 'upload'; readonly file: string; readonly to: string; readonly item: number }
  | { readonly kind: 'act'; readonly act: Act; readonly item: number }
  | { readonly kind: 'fetch'; readonly path: string; readonly most: number; keep(content: Buffer): void; readonly item: number }

/** What a plan's script writes down on the Pi as it goes. */
export interface Notes {
  /** The shell text that writes an item that is done into the Pi's journal. */
  readonly done?: (item: PlanItem) => Shell
  /** Does this role tell of its health? It is owed from before the role's first change. */
  readonly hasHealth?: (role: string) => boolean
  /** File name of the mark of a resource that owes a reaction; `pendingMark` where nothing else is said. */
  readonly markOf?: (resource: AnyResource) => string
}

/** Where the output of steps goes on the Pi: to a file, so that a lost link breaks none of them. */
export const stepLog = '/run/provision-step.log'
const stepNotes = '/run/provision-step.notes'

/** Seconds a step waits for others at most. */
const longestWait = 600

/**
 * Turns a plan into as few legs as its uploads and acts allow. `mark` gives the shell text that reports a shell word to the controller.
 *
 * A script reports `begin N` and `done N` for item N. A step that fails ends it with code 90 after
 * `failed N CODE`; its last lines are on stderr. `waiting N TEXT` says whom item N waits for, `note N TEXT` what a person should read. When the controller is gone a report fails, and the script stops there.
 */
export function legs(items: readonly PlanItem[], mark: (word: string) => string, notes: Notes = {}): Leg[] {
  const { markOf = pendingMark } = notes
  const list: Leg[] = []
  const begun = new Set<string>()
  let text: string[] = []
  let timeout = 0
  const flush = () => {
    if (text.length === 0) return
    // One that only reports takes its time, too.
    list.push({ kind: 'script', timeout: timeout || 60, text: [prelude(mark), ...text].join('\n') })
    text = []
    timeout = 0
  }
  items.forEach((item, index) => {
    text.push(`${mark(`'begin ${index}'`)} || exit 98`)
    const roles = item.role.split('+').filter(role => !begun.has(role))
    for (const role of roles) begun.add(role)
    const owed = marksText({
      pending: [...item.reactors.map(markOf), ...roles.filter(role => notes.hasHealth?.(role)).map(healthMark)],
      made: roles,
    })
    if (owed) text.push(`{ ${owed}; } || exit 97`)
    for (const step of item.steps) {
      if ('upload' in step) {
        flush()
        list.push({ kind: 'upload', file: step.upload, to: step.to, item: index })
      } else if ('fetch' in step) {
        flush()
        list.push({ kind: 'fetch', path: step.fetch, most: step.most, keep: content => step.keep(content), item: index })
      } else if ('act' in step) {
        flush()
        list.push({ kind: 'act', act: step.act, item: index })
      } else {
        timeout += (step.timeout ?? 120) + (step.waits === undefined ? 0 : longestWait)
        if (step.waits !== undefined) text.push(`who() { :\n${step.waits}\n}\nuntil_free ${index}\nunset -f who`)
        text.push(
          `step() { :\n${step.run}\n}\n(trap - PIPE; step) >>"$L" 2>&1 </dev/null; code=$?; notes ${index}; [ $code -eq 0 ] || fail ${index} $code\nunset -f step`,
        )
      }
    }
    if (item.resource.on.length) text.push(`rm -f ${quote(`${pendingFolder}/${markOf(item.resource)}`)}`)
    if (notes.done) text.push(notes.done(item))
    text.push(mark(`'done ${index}'`))
  })
  flush()
  return list
}

function prelude(mark: (word: string) => string): string {
  // What steps print is for root alone: a program may repeat a password it was given.
  return `umask 077; L=${stepLog}; export N=${stepNotes}; rm -f "$L" "$N"; : >"$L"; : >"$N"; umask 022; cd /
notes() { local line; while IFS= read -r line; do ${mark('"note $1 $line"')} || exit 98; done <"$N"; : >"$N"; }
until_free() { local n by told=; for ((n = 0; n < ${longestWait}; n++)); do
by=$(who 2>/dev/null </dev/null); [ -n "$by" ] || break; [ "$by" = "$told" ] || ${mark('"waiting $1 $by"')} || exit 98; told=$by; sleep 1
done; }
fail() { ${mark('"failed $1 $2"')}; tail -n 20 "$L" >&2; exit 90; }`
}
