import { Failed } from '../../../engine/errors.ts'
import type { Clock, Course } from '../../../engine/operation/index.ts'
import { duration } from '../../../engine/report/duration.ts'
import { size } from '../../../engine/size.ts'
import type { StorageSeen } from '../admin/quorum.ts'
import { healthPrefix, healthTopic } from '../admin/words.ts'
import { whyItStays } from '../leaving.ts'
import { leaderShares } from '../placement/targets.ts'
import { operation, type About, type Journal } from './operation.ts'
import type { ClusterHosts, Seen } from './port.ts'
import type { Place, Step } from './steps.ts'
import { minimumOf } from './words.ts'

export interface TakeOptions {
  readonly hosts: ClusterHosts
  readonly clock: Clock
  /** Seconds between two looks. */
  readonly interval: number
}

/** Seconds in which nothing gets better, after which a run does not wait any longer. */
const patience = 600

const again = `see \`journalctl -u kafka\` on the brokers, then: ${operation.command} --resume, or --abort`

/** Takes one step of a rebalance. */
export function taking({ hosts, clock, interval }: TakeOptions): Course<About, Step>['take'] {
  return async (step, journal, progress) => {
    const look = async (host: string) => {
      const seen = await hosts.seen(host)
      if (seen.cluster !== journal.cluster)
        throw new Failed({ message: `${host} is in the cluster ${seen.cluster}, and this run is about ${journal.cluster}`, hint: again })
      return seen
    }
    const asker = () => askerOf(journal, step)
    const tools = { hosts, clock, interval, progress, look }
    switch (step.state) {
      case 'throttle':
        await look(step.node)
        return void (await hosts.change(step.node, [{ throttle: step.rate, topics: step.topics }]))
      case 'minimum':
        await look(step.node)
        return void (await hosts.change(step.node, [minimumOf(step)]))
      case 'move':
        return void (await move(step, tools))
      case 'unthrottle':
        return void (await hosts.change(step.node, [{ unthrottle: true }]))
      case 'prefer':
        return void (await prefer(step.node, tools))
      case 'verify':
        return void verify(await look(step.node), step.topics, journal)
      case 'quorum':
        return void (await leavesQuorum(asker(), step.id, tools))
      case 'stop': {
        const reason = whyItStays(step.node, step.id, { storage: {}, ...(await look(asker())) })
        if (reason) throw new Failed({ message: reason.message, hint: again })
        return void (await hosts.stop(step.node, step.dead))
      }
      case 'unregister':
        return void (await forget(step.node, step.id, tools))
    }
  }
}

interface Tools extends TakeOptions {
  progress(text: string): void
  look(host: string): Promise<Seen>
}

/** A broker that stays: who leaves is not asked about itself. */
function askerOf({ weights, steps }: Pick<Journal, 'weights' | 'steps'>, { node }: Step): string {
  const leaves = new Set(steps.filter(({ state }) => state === 'stop').map(each => each.node))
  return Object.keys(weights).find(name => !leaves.has(name)) ?? node
}

const same = (one: readonly number[], other: readonly number[]) => one.length === other.length && one.every((id, at) => id === other[at])

/** How a partition stands that is to be somewhere. Pure. */
export function standingOf(
  { topic, partition, to }: Place,
  { topics, moves }: Pick<Seen, 'topics' | 'moves'>,
): 'there' | 'under way' | 'to send' {
  const live = topics.find(({ name }) => name === topic)?.partitions.find(({ index }) => index === partition)
  // A topic that was removed since has nothing to move.
  if (!live) return 'there'
  const going = moves.find(each => each.topic === topic && each.partition === partition)
  const target = going ? live.replicas.filter(id => !going.removing.includes(id)) : live.replicas
  if (!same(target, to)) return 'to send'
  return !going && to.every(id => live.inSync.includes(id)) ? 'there' : 'under way'
}

/** Bytes that are not copied yet. */
function bytesLeft(moves: readonly Place[], seen: Pick<Seen, 'topics' | 'moves'>, storage: Readonly<Record<number, StorageSeen>>): number {
  const at = (id: number, { topic, partition }: Place) =>
    storage[id]?.partitions.find(each => each.topic === topic && each.partition === partition)?.bytes ?? 0
  return moves
    .filter(place => standingOf(place, seen) !== 'there')
    .flatMap(place => {
      const all = Math.max(...Object.keys(storage).map(id => at(Number(id), place)), 0)
      return place.to.map(id => Math.max(0, all - at(id, place)))
    })
    .reduce((sum, bytes) => sum + bytes, 0)
}

/** Sends a batch where it is not on its way yet, and waits until all copies of it are complete. */
async function move(step: Extract<Step, { state: 'move' }>, { hosts, clock, interval, progress, look }: Tools): Promise<void> {
  const began = clock.now()
  let first: number | undefined
  let best: { readonly left: number; readonly open: number; readonly at: number } | undefined
  for (;;) {
    const seen = await look(step.node)
    const open = step.moves.filter(place => standingOf(place, seen) !== 'there')
    if (open.length === 0) return
    const send = open.filter(place => standingOf(place, seen) === 'to send')
    if (send.length) await hosts.change(step.node, [{ move: send }])
    const left = bytesLeft(open, seen, await hosts.storage(step.node))
    first ??= left
    if (!best || open.length < best.open || left < best.left) best = { left, open: open.length, at: clock.now() }
    if (clock.now() - best.at > patience * 1000)
      throw new Failed({
        message: `for ${duration(patience)} nothing of ${open.map(({ topic, partition }) => `${topic}-${partition}`).join(', ')} was copied; ${size(left)} are left`,
        hint: again,
      })
    const seconds = (clock.now() - began) / 1000
    const rate = seconds > 0 ? (first - left) / seconds : 0
    progress(
      `${open.length} of ${step.moves.length} partitions on their way, ${size(left)} left${rate > 0 ? `, ${size(Math.round(rate))}/s, about ${duration(left / rate)}` : ''}`,
    )
    await clock.pause(interval)
  }
}

/** Partitions of the data that another than their first broker leads. */
export const ledByOthers = ({ topics }: Pick<Seen, 'topics'>) =>
  topics
    .filter(({ name }) => !name.startsWith(healthPrefix))
    .flatMap(({ name, partitions }) =>
      partitions.flatMap(({ index, leader, replicas }) => (leader === replicas[0] ? [] : [{ topic: name, partition: index }])),
    )

async function prefer(node: string, { hosts, clock, interval, progress, look }: Tools): Promise<void> {
  const end = clock.now() + patience * 1000
  for (let refused = ''; ; ) {
    const others = ledByOthers(await look(node))
    if (others.length === 0) return
    if (clock.now() > end)
      throw new Failed({ message: `${others.length} partitions are led by another broker than they should be${refused}`, hint: again })
    progress(`${others.length} partitions change their leader${refused}`)
    // A broker that has just got its copies may not be one that can lead yet.
    refused = await hosts.change(node, [{ prefer: others }]).then(
      () => '',
      (error: unknown) => `: ${error instanceof Error ? error.message : String(error)}`,
    )
    await clock.pause(interval)
  }
}

/** @throws Failed where a broker leads more or less than its share */
function verify(seen: Seen, topics: readonly string[], { weights, ids }: Journal): void {
  const brokers = Object.entries(weights).map(([name, weight]) => ({ name, id: ids[name] ?? -1, weight }))
  for (const { name: topic, partitions } of seen.topics.filter(({ name }) => topics.includes(name))) {
    const shares = leaderShares(brokers, partitions.length)
    for (const { name, id } of brokers) {
      const leads = partitions.filter(({ leader }) => leader === id).length
      const exact = shares.get(id)?.exact ?? 0
      if (Math.abs(leads - exact) > 1)
        throw new Failed({
          message: `${name} leads ${leads} of ${partitions.length} partitions of ${topic}, and its weight asks for ${exact.toFixed(1)}`,
          hint: `something else has changed leaders meanwhile: ${operation.command} --abort, then ${operation.command} begins anew`,
        })
    }
  }
}

async function leavesQuorum(asker: string, id: number, { hosts, clock, interval, progress, look }: Tools): Promise<void> {
  const end = clock.now() + patience * 1000
  for (let refused = ''; ; ) {
    const { voters } = (await look(asker)).quorum
    const voter = voters.find(each => each.id === id)
    if (!voter) return
    if (voters.length === 1) throw new Failed({ message: 'it is the only controller', hint: again })
    if (clock.now() > end) throw new Failed({ message: `broker ${id} is a controller still${refused}`, hint: again })
    progress(`is taken out of ${voters.length} controllers${refused}`)
    // A leader that leaves lets another lead first, and answers nobody meanwhile.
    refused = await hosts.change(asker, [{ removeController: { id, directory: voter.directory } }]).then(
      () => '',
      (error: unknown) => `: ${error instanceof Error ? error.message : String(error)}`,
    )
    await clock.pause(interval)
  }
}

async function forget(node: string, id: number, { hosts, clock, interval, progress, look }: Tools): Promise<void> {
  const end = clock.now() + patience * 1000
  // One that is seen as alive would register itself again.
  while ((await look(node)).brokers.some(each => each.id === id)) {
    if (clock.now() > end) throw new Failed({ message: `broker ${id} is still alive for the others`, hint: again })
    progress('the others notice that it is gone')
    await clock.pause(interval)
  }
  await hosts.change(node, [{ removeTopic: healthTopic(id) }, { unregister: id }])
}
