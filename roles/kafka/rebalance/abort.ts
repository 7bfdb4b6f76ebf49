import { Failed } from '../../../engine/errors.ts'
import type { Clock, Standing as StandingOf } from '../../../engine/operation/index.ts'
import type { Journal } from './operation.ts'
import type { ClusterHosts, Seen } from './port.ts'
import type { Place } from './steps.ts'
import { ledByOthers, standingOf } from './take.ts'

/** How a cluster stands in the middle of a rebalance. */
export interface Standing extends StandingOf {
  /** A host whose broker answers. */
  readonly asker: string | undefined
  /** Moves of this rebalance that are under way: they are given up. */
  readonly gives: readonly Pick<Place, 'topic' | 'partition'>[]
}

const movesOf = ({ steps }: Pick<Journal, 'steps'>) => steps.flatMap(step => (step.state === 'move' ? step.moves : []))

/** What giving up means at the step a journal stands at. Pure. `asker`: a host whose broker says `seen`. */
export function standing(journal: Pick<Journal, 'steps' | 'at' | 'cluster'>, asker: string | undefined, seen: Seen | undefined): Standing {
  const wait = (what: string): Standing => ({ leave: false, asker, gives: [], says: [what] })
  if (!seen || asker === undefined) return wait('no broker answers, and so it is not known how the cluster stands: bring one back first')
  if (seen.cluster !== journal.cluster) return wait(`${asker} is in the cluster ${seen.cluster}, and this run is about ${journal.cluster}`)
  const all = movesOf(journal)
  const gives = all.filter(({ topic, partition }) => seen.moves.some(each => each.topic === topic && each.partition === partition))
  const given = new Set(gives)
  const there = all.filter(place => !given.has(place) && standingOf(place, seen) === 'there').length
  const gone = journal.steps
    .slice(0, journal.at)
    .flatMap(({ state, node }) => (state === 'quorum' || state === 'stop' ? [{ state, node }] : []))
  const stopped = gone.find(({ state }) => state === 'stop')
  return {
    leave: true,
    asker,
    gives: gives.map(({ topic, partition }) => ({ topic, partition })),
    says: [
      `${there} of ${all.length} partitions are where they were to go, and stay there`,
      ...(gives.length ? [`${gives.length} on their way go back: the copies they had are complete, nothing is lost`] : []),
      ...(seen.throttles.rate !== undefined || seen.throttles.topics.length ? ['the throttle is taken off'] : []),
      'each partition is led by its first broker',
      ...(stopped
        ? [
            `${stopped.node} is stopped, and holds nothing: \`provision ${stopped.node}\` starts it again; \`rebalance kafka --resume\` ends its leaving`,
          ]
        : gone.map(({ node }) => `${node} is no controller any more: \`provision\` makes it one again where the inventory says so`)),
    ],
  }
}

/** Leaves a cluster as it stands: moves under way are given up, nothing is slowed down, each partition is led by its first broker. */
export async function giveUp({ leave, says, asker, gives }: Standing, hosts: ClusterHosts, clock: Clock, interval: number): Promise<void> {
  if (!leave || asker === undefined) throw new Failed({ message: says[0] ?? 'it cannot be left now', hint: 'rebalance kafka --resume' })
  if (gives.length) await hosts.change(asker, [{ move: gives.map(place => ({ ...place, to: null })) }])
  await hosts.change(asker, [{ unthrottle: true }])
  const mine = ({ topic, partition }: Pick<Place, 'topic' | 'partition'>) =>
    gives.some(each => each.topic === topic && each.partition === partition)
  for (let left = 60; ; left--) {
    const seen = await hosts.seen(asker)
    if (!seen.moves.some(mine)) break
    if (left === 0) throw new Failed({ message: 'moves that were given up go on', hint: 'rebalance kafka --abort' })
    await clock.pause(interval)
  }
  const others = ledByOthers(await hosts.seen(asker))
  // Where a first broker is away another leads: that is as it should be.
  if (others.length) await hosts.change(asker, [{ prefer: others }]).catch(() => {})
}
