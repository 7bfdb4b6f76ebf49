import { statement, type Statement } from './cql/asked.ts'
import { cqlMap, cqlName } from './cql/literals.ts'
import { systemCopies } from './ring/copies.ts'

/** What replicates a keyspace: class and factors, as the server says. */
export type Replication = Readonly<Record<string, string>>

/** A replication in one datacenter, as CQL and the server name it. */
export const replicationOf = (datacenter: string, copies: number): Replication => ({
  class: 'NetworkTopologyStrategy',
  [datacenter]: String(copies),
})

/** `dc1: 2 NetworkTopologyStrategy` */
export const replicationText = (replication: Replication) =>
  Object.entries(replication)
    .map(([name, value]) => (name === 'class' ? value.replace(/.*\./, '') : `${name}: ${value}`))
    .sort((a, b) => (b < a ? -1 : 1))
    .join(' ')

/** How many copies a replication asks for. */
export const copiesIn = (replication: Replication) =>
  Math.max(0, ...Object.entries(replication).flatMap(([name, value]) => (name === 'class' ? [] : [Number(value)])))

/** The statement that gives a keyspace its copies. */
export const alterCopies = (keyspace: string, replication: Replication): Statement =>
  statement(`ALTER KEYSPACE ${cqlName(keyspace)} WITH replication = ${cqlMap(replication)}`)

/** The keyspaces of the server's own whose copies are not as many as they should be, and what they should be. */
export function misfits(
  seen: ReadonlyMap<string, Replication>,
  datacenter: string,
): { readonly keyspace: string; readonly from: Replication; readonly to: Replication }[] {
  return Object.entries(systemCopies).flatMap(([keyspace, copies]) => {
    const from = seen.get(keyspace)
    const to = replicationOf(datacenter, copies)
    return from === undefined || replicationText(from) === replicationText(to) ? [] : [{ keyspace, from, to }]
  })
}
