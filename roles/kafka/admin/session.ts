import { addRules, closeUser, isPassword, removeRules, rulesOf, setUser, usersOf } from './accounts.ts'
import { Connection, type Target } from './protocol/connection.ts'
import { probe } from './probe.ts'
import { KafkaError } from './protocol/errors.ts'
import { notWhole } from './whole.ts'
import { featuresOf, finalise } from './features.ts'
import { setHold } from '../guard/holds.ts'
import type { Level } from '../guard/level.ts'
import { addController, quorumOf, removeController, storageOf, unregisterBroker, type Voter } from './quorum.ts'
import { throttle, throttlesOf, unthrottle } from './throttle.ts'
import {
  clusterOf,
  configsOf,
  keptTopics,
  makeTopic,
  movePartitions,
  movesOf,
  preferFirst,
  removeTopic,
  setConfigs,
  type Wanted,
} from './topics.ts'
import { storedLevels, type Levels } from '../storage/levels.ts'
import { restores, type Kept } from './restores.ts'
import type { Rule } from './words.ts'

/** One change of a cluster. Each may be made again: what is so already stays so. */
export type Change =
  | { readonly user: string; readonly password: string }
  | { readonly closeUser: string }
  | { readonly allow: readonly Rule[] }
  | { readonly forbid: readonly Rule[] }
  | { readonly makeTopic: string; readonly places: readonly (readonly number[])[]; readonly configs: Readonly<Record<string, string>> }
  | { readonly removeTopic: string }
  | { readonly configure: string; readonly configs: Readonly<Record<string, string>> }
  | { readonly move: readonly Wanted[] }
  | { readonly prefer: readonly { readonly topic: string; readonly partition: number }[] }
  | { readonly addController: Voter; readonly at: { readonly host: string; readonly port: number } }
  | { readonly removeController: Voter }
  | { readonly throttle: number; readonly topics: readonly string[] }
  | { readonly unthrottle: true }
  | { readonly unregister: number }
  /** Levels that are made final, once all of these brokers know them. It cannot be undone. */
  | { readonly finalise: Readonly<Record<string, number>>; readonly knownTo: readonly { readonly host: string; readonly port: number }[] }
  /** What a broker asks for, by its number: 0 where it is gone for good and nobody waits for it. */
  | { readonly hold: number; readonly level: Level }

/** What is wanted of a cluster in one go: changes in their order, then answers. */
export interface Errand {
  /** Brokers to ask, any of them: the first that answers is asked. */
  readonly at: readonly { readonly host: string; readonly port: number }[]
  /** PEM. */
  readonly ca: string
  readonly own: string
  /** Seconds an answer may take. */
  readonly timeout?: number
  readonly change?: readonly Change[]
  readonly ask?: readonly ('users' | 'rules' | 'quorum' | 'moves' | 'storage' | 'held' | 'throttles' | 'features')[]
  /** A broker that is to take a record and give it back. */
  readonly probe?: number
  /** Fails where a partition lacks a copy or a leader, those of this broker aside. */
  readonly whole?: number
  /** What is worth keeping of the cluster: topics with what was set for them. */
  readonly keep?: true
  /** What was kept of a cluster: what is not there of it is made. */
  readonly kept?: Kept
  /** Topics whose settings are asked. */
  readonly configs?: readonly string[]
  /** Brings the cluster's levels and nothing else; this Pi's storage tells them where no broker answers. */
  readonly levelsIn?: string
  /** Passwords to try, by account, where clients connect. */
  readonly logins?: { readonly host: string; readonly port: number; readonly passwords: Readonly<Record<string, string>> }
}

/** Does an errand, and brings what was asked for. Brokers and topics always. */
export async function run(errand: Errand): Promise<Readonly<Record<string, unknown>>> {
  if (errand.levelsIn !== undefined) return { levels: await levelsOf(errand, errand.levelsIn) }
  const connection = await openFirst(errand)
  try {
    const { cluster } = await clusterOf(connection)
    for (const change of errand.change ?? []) await make(connection, cluster, change, errand)
    const ask = new Set(errand.ask)
    if (errand.kept) for (const change of restores(errand.kept, await seenOf(connection))) await make(connection, cluster, change, errand)
    if (errand.probe !== undefined) await probe(connection, errand.probe)
    if (errand.whole !== undefined) await refuseUnlessWhole(connection, errand.whole)
    return {
      ...(await clusterOf(connection)),
      ...(errand.keep && { kept: { topics: await keptTopics(connection) } }),
      ...(ask.has('users') && { users: await usersOf(connection) }),
      ...(ask.has('rules') && { rules: await rulesOf(connection) }),
      ...(ask.has('quorum') && { quorum: await quorumOf(connection) }),
      ...(ask.has('moves') && { moves: await movesOf(connection) }),
      // Of the broker that is asked, and nobody else.
      ...(ask.has('held') && { held: await storageOf(connection) }),
      ...(ask.has('throttles') && { throttles: await throttlesOf(connection) }),
      ...(ask.has('features') && { features: await featuresOf(connection) }),
      ...(ask.has('storage') && { storage: await storages(connection, errand) }),
      ...(errand.configs && { configs: await configsOfAll(connection, errand.configs) }),
      ...(errand.logins && { logins: await loginsOf(errand, errand.logins) }),
    }
  } finally {
    connection.close()
  }
}

async function seenOf(connection: Connection): Promise<Parameters<typeof restores>[1]> {
  const [{ brokers, topics }, { rules }] = [await clusterOf(connection), await rulesOf(connection)]
  return { brokers: brokers.map(({ id }) => id), topics: topics.map(({ name }) => name), rules }
}

/** Levels that are final: by a broker's word, else by what is stored. */
async function levelsOf(errand: Errand, folder: string): Promise<Levels | undefined> {
  let connection: Connection
  try {
    connection = await openFirst(errand)
  } catch {
    return storedLevels(folder)
  }
  try {
    return Object.fromEntries((await featuresOf(connection)).flatMap(({ name, level }) => (level > 0 ? [[name, level]] : [])))
  } finally {
    connection.close()
  }
}

async function openFirst(errand: Errand): Promise<Connection> {
  const reasons: string[] = []
  for (const { host, port } of errand.at) {
    try {
      return await Connection.open(targetOf(errand, host, port))
    } catch (error) {
      reasons.push(`${host}:${port}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error(`no broker answers: ${reasons.join('; ')}`)
}

const targetOf = ({ ca, own, timeout }: Errand, host: string, port: number): Target => ({
  host,
  port,
  ca,
  own,
  ...(timeout !== undefined && { timeout }),
})

async function make(connection: Connection, cluster: string, change: Change, errand: Errand): Promise<void> {
  if ('user' in change) return setUser(connection, change.user, change.password)
  if ('closeUser' in change) return closeUser(connection, change.closeUser)
  if ('allow' in change) return addRules(connection, change.allow)
  if ('forbid' in change) return removeRules(connection, change.forbid)
  if ('makeTopic' in change) return makeTopic(connection, change.makeTopic, change.places, change.configs)
  if ('removeTopic' in change) return removeTopic(connection, change.removeTopic)
  if ('configure' in change) return setConfigs(connection, change.configure, change.configs)
  if ('move' in change) return movePartitions(connection, change.move)
  if ('prefer' in change) return preferFirst(connection, change.prefer)
  if ('addController' in change) return addController(connection, cluster, change.addController, change.at)
  if ('throttle' in change) return throttle(connection, change.throttle, change.topics)
  if ('unthrottle' in change) return unthrottle(connection)
  if ('unregister' in change) return unregisterBroker(connection, change.unregister)
  if ('finalise' in change)
    return finalise(
      connection,
      change.finalise,
      change.knownTo.map(({ host, port }) => targetOf(errand, host, port)),
    )
  if ('hold' in change) return setHold(connection, change.hold, change.level)
  return removeController(connection, cluster, change.removeController)
}

async function refuseUnlessWhole(connection: Connection, leaving: number): Promise<void> {
  const missing = notWhole((await clusterOf(connection)).topics, leaving)
  if (missing.length) throw new KafkaError(missing.join('\n'))
}

/** Each broker tells what it holds itself. */
async function storages(connection: Connection, errand: Errand): Promise<Readonly<Record<number, unknown>>> {
  const { brokers } = await clusterOf(connection)
  const found: Record<number, unknown> = {}
  for (const { id, host, port } of brokers) {
    const own = await Connection.open(targetOf(errand, host, port))
    try {
      found[id] = await storageOf(own)
    } finally {
      own.close()
    }
  }
  return found
}

async function configsOfAll(connection: Connection, topics: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { topics: there } = await clusterOf(connection)
  const found: Record<string, unknown> = {}
  for (const topic of topics) if (there.some(({ name }) => name === topic)) found[topic] = await configsOf(connection, topic)
  return found
}

async function loginsOf(
  { ca, timeout }: Errand,
  { host, port, passwords }: NonNullable<Errand['logins']>,
): Promise<Readonly<Record<string, boolean>>> {
  const found: Record<string, boolean> = {}
  for (const [user, password] of Object.entries(passwords))
    found[user] = await isPassword({ host, port, ca, ...(timeout !== undefined && { timeout }) }, user, password)
  return found
}
