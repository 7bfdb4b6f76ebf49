import type { Connection } from './protocol/connection.ts'
import { refuse } from './protocol/errors.ts'
import { featuresOf } from './features.ts'
import { addVoter, describeLogDirs, describeQuorum, removeVoter, unregister, unregisterController } from './protocol/requests.ts'

/** A controller, or somebody who reads what controllers write. */
export interface Voter {
  readonly id: number
  /** Of its storage: another one on a card that was replaced. */
  readonly directory: string
}

export interface QuorumSeen {
  readonly leader: number
  readonly voters: readonly Voter[]
  /** Brokers, and controllers that are not in the quorum yet. `behind`: records of metadata they have not read. */
  readonly observers: readonly (Voter & { readonly behind: number })[]
}

/** Who keeps the cluster's metadata. */
export async function quorumOf(connection: Connection): Promise<QuorumSeen> {
  const answer = await connection.ask(describeQuorum, { topics: [{ name: '__cluster_metadata', partitions: [{ index: 0 }] }] })
  refuse('quorum', answer.error, answer.message)
  const partition = answer.topics[0]?.partitions[0]
  refuse('quorum', partition?.error ?? 3, partition?.message ?? null)
  const { leader = -1, voters = [], observers = [], highWatermark = 0 } = partition ?? {}
  return {
    leader,
    voters: voters.map(({ id, directory }) => ({ id, directory })).sort((a, b) => a.id - b.id),
    observers: present(voters, observers)
      .map(({ id, directory, endOffset }) => ({ id, directory, behind: Math.max(0, highWatermark - endOffset) }))
      .sort((a, b) => a.id - b.id),
  }
}

/**
 * Observers that there are. A leader goes on telling of a storage for minutes after it was taken out of the quorum, and would take it in
 * again: of two with one number the one that has read last is there, and the other one lay on a card that is gone.
 */
export function present<R extends Voter & { readonly fetched: number }>(
  voters: readonly (Voter & { readonly fetched: number })[],
  observers: readonly R[],
): readonly R[] {
  const all = [...voters, ...observers]
  return observers.filter(
    one => !all.some(({ id, directory, fetched }) => id === one.id && directory !== one.directory && fetched > one.fetched),
  )
}

/** Takes a controller into the quorum: it must run already, and have caught up. */
export async function addController(
  connection: Connection,
  cluster: string,
  voter: Voter,
  endpoint: { readonly host: string; readonly port: number },
): Promise<void> {
  const { error, message } = await connection.ask(addVoter, {
    cluster,
    timeoutMs: 30_000,
    ...voter,
    endpoints: [{ name: 'CONTROLLERS', ...endpoint }],
  })
  refuse(`controller ${voter.id}`, error, message, [126])
}

/** Takes a controller out of the quorum; it may go on as a broker. */
export async function removeController(connection: Connection, cluster: string, voter: Voter): Promise<void> {
  const { error, message } = await connection.ask(removeVoter, { cluster, ...voter })
  refuse(`controller ${voter.id}`, error, message, [127])
}

/** From this level of `metadata.version` on a cluster can forget a controller. */
const forgetsControllers = 33

/**
 * Forgets a broker that has left, as a broker and as a controller: it is none of the cluster any more. One that is not known is forgotten
 * already. A controller that is not forgotten keeps the levels of its release in force: no higher ones can be made final. A cluster of an
 * older level cannot forget it.
 */
export async function unregisterBroker(connection: Connection, id: number): Promise<void> {
  const { error, message } = await connection.ask(unregister, { id })
  refuse(`broker ${id}`, error, message, [102])
  const level = (await featuresOf(connection)).find(({ name }) => name === 'metadata.version')?.level ?? 0
  if (level < forgetsControllers) return
  const answer = await connection.ask(unregisterController, { id })
  refuse(`controller ${id}`, answer.error, answer.message, [136])
}

/** What one broker's storage holds, by partition, and how much room it has; bytes. */
export interface StorageSeen {
  readonly totalBytes: number
  readonly usableBytes: number
  readonly partitions: readonly { readonly topic: string; readonly partition: number; readonly bytes: number; readonly lag: number }[]
}

/** Asked on that very broker. */
export async function storageOf(connection: Connection): Promise<StorageSeen> {
  const answer = await connection.ask(describeLogDirs, { topics: null })
  refuse('storage', answer.error)
  for (const { error } of answer.folders) refuse('storage', error)
  return {
    totalBytes: answer.folders[0]?.totalBytes ?? -1,
    usableBytes: answer.folders[0]?.usableBytes ?? -1,
    partitions: answer.folders.flatMap(({ topics }) =>
      topics.flatMap(({ name, partitions }) =>
        partitions.filter(({ future }) => !future).map(({ index, bytes, lag }) => ({ topic: name, partition: index, bytes, lag })),
      ),
    ),
  }
}
