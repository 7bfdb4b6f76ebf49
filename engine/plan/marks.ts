import { createHash } from 'node:crypto'
import { noteMade } from '../made.ts'
import { nameOf, type AnyResource, type Shell } from '../resources/kind.ts'
import { quote } from '../shell.ts'

/** Where a run notes, on the Pi, what is owed: what has changed but has not been acted upon (a restart that was cut off), and whose health was not seen since. */
export const pendingFolder = '/var/lib/provision/pending'

/** File name of a resource's mark: it owes a reaction. */
export function pendingMark(resource: AnyResource): string {
  return createHash('sha256').update(nameOf(resource)).digest('hex').slice(0, 16)
}

const prefix = 'health-of-'

/** File name of a role's mark: its health was not seen since it was changed. */
export function healthMark(role: string): string {
  return `${prefix}${role}`
}

/** The roles among marks whose health is owed. */
export function healthOwed(marks: Iterable<string>): ReadonlySet<string> {
  return new Set([...marks].flatMap(mark => (mark.startsWith(prefix) ? [mark.slice(prefix.length)] : [])))
}

const clusterPrefix = 'cluster-of-'

/** File name of a role's mark: what belongs to its cluster is to be changed, and was not seen as wanted since. */
export function clusterMark(role: string): string {
  return `${clusterPrefix}${role}`
}

/** File name of a mark of a cluster's resource: it owes a reaction. A host's own resource of the same name has another. */
export function clusterPendingMark(role: string, resource: AnyResource): string {
  return `${clusterMark(role)}.${pendingMark(resource)}`
}

/** The roles among marks whose cluster is owed something. */
export function clusterOwed(marks: Iterable<string>): ReadonlySet<string> {
  return new Set([...marks].flatMap(mark => (mark.startsWith(clusterPrefix) ? (mark.slice(clusterPrefix.length).split('.')[0] ?? []) : [])))
}

/** Takes all marks of a role's cluster away. */
export function clusterSeen(role: string): Shell {
  return `rm -f ${quote(`${pendingFolder}/${clusterMark(role)}`)} ${quote(`${pendingFolder}/${clusterMark(role)}`)}.*`
}

/** What has to be written down before something changes. Empty where there is nothing. */
export function marksText({ pending, made }: { readonly pending: readonly string[]; readonly made: readonly string[] }): Shell {
  return [
    ...(pending.length ? [`mkdir -p ${quote(pendingFolder)} && (cd ${quote(pendingFolder)} && touch -- ${pending.join(' ')})`] : []),
    ...(made.length ? [noteMade(made)] : []),
  ].join(' && ')
}

/** Takes the mark of a role's health away. */
export function healthSeen(role: string): Shell {
  return `rm -f ${quote(`${pendingFolder}/${healthMark(role)}`)}`
}
