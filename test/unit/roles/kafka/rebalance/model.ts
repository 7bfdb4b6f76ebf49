import type { Change } from '../../../../../roles/kafka/admin/session.ts'
import { healthTopic } from '../../../../../roles/kafka/admin/words.ts'
import type { ClusterHosts, Member, Seen } from '../../../../../roles/kafka/rebalance/port.ts'

/** The run was cut here. */
export class Cut extends Error {}

interface ModelPartition {
  topic: string
  index: number
  bytes: number
  replicas: number[]
  leader: number
  /** Where it is going, and what of it is copied. */
  going?: { to: number[]; copied: number }
}

export const hostOf = (id: number) => `kafka${id}`

/** A cluster as Kafka's rules for moves make it: time passes where somebody pauses, and each call may be cut before or after it had its effect. */
export class Model implements ClusterHosts {
  readonly partitions: ModelPartition[]
  brokers: number[]
  voters: number[]
  registered: number[]
  rate: number | undefined
  slowed: string[] = []
  now = 0
  /** The most that was ever under way at once. */
  most = { bytes: 0, partitions: 0, alone: true }
  /** Moves that copied something while nothing bounded them. */
  unbounded = 0
  cuts: () => boolean = () => false

  constructor(ids: readonly number[], partitions: readonly Omit<ModelPartition, 'leader'>[]) {
    this.brokers = [...ids]
    this.registered = [...ids]
    this.voters = ids.slice(0, 3)
    this.partitions = partitions.map(each => ({ ...each, leader: each.replicas[0] ?? -1 }))
  }

  readonly clock = {
    now: () => this.now,
    pause: async (seconds: number) => {
      this.now += seconds * 1000
      this.#passes()
    },
  }

  #passes(): void {
    const going = this.partitions.filter(each => each.going)
    const copying = going.filter(({ going: way, replicas }) => way?.to.some(id => !replicas.includes(id)))
    if (copying.length && this.rate === undefined) this.unbounded++
    const bytes = copying.reduce(
      (sum, each) => sum + each.bytes * (each.going?.to.filter(id => !each.replicas.includes(id)).length ?? 0),
      0,
    )
    if (bytes > this.most.bytes) this.most = { bytes, partitions: Math.max(going.length, this.most.partitions), alone: going.length === 1 }
    this.most = { ...this.most, partitions: Math.max(going.length, this.most.partitions) }
    for (const each of going) {
      const way = each.going
      if (!way) continue
      way.copied += 7
      if (copying.includes(each) && way.copied < each.bytes) continue
      each.replicas = way.to
      if (!way.to.includes(each.leader)) each.leader = way.to[0] ?? -1
      delete each.going
    }
  }

  #look(): Seen {
    const names = [...new Set(this.partitions.map(({ topic }) => topic))]
    return {
      cluster: 'model',
      brokers: this.brokers.map(id => ({ id, host: hostOf(id), port: 1 })),
      topics: names.map(name => ({
        name,
        internal: name.startsWith('__'),
        partitions: this.partitions
          .filter(({ topic }) => topic === name)
          .map(({ index, leader, replicas, going }) => ({
            index,
            leader,
            replicas: going ? [...going.to, ...replicas.filter(id => !going.to.includes(id))] : replicas,
            inSync: replicas,
          })),
      })),
      quorum: { leader: this.voters[0] ?? -1, voters: this.voters.map(id => ({ id, directory: `d${id}` })), observers: [] },
      moves: this.partitions.flatMap(({ topic, index, replicas, going }) =>
        going
          ? [
              {
                topic,
                partition: index,
                adding: going.to.filter(id => !replicas.includes(id)),
                removing: replicas.filter(id => !going.to.includes(id)),
              },
            ]
          : [],
      ),
      throttles: { rate: this.rate, topics: this.slowed },
    }
  }

  async #maybe<T>(does: () => T): Promise<T> {
    if (this.cuts()) throw new Cut('before')
    const result = does()
    if (this.cuts()) throw new Cut('after')
    return result
  }

  #held(id: number) {
    const held = this.partitions.filter(({ replicas }) => replicas.includes(id))
    return {
      totalBytes: 1e12,
      usableBytes: 1e12,
      partitions: held.map(({ topic, index, bytes }) => ({ topic, partition: index, bytes, lag: 0 })),
    }
  }

  member(host: string): Promise<Member> {
    const id = Number(host.slice(5))
    return this.#maybe(() => ({ ...this.#look(), id, held: this.#held(id) }))
  }

  seen(): Promise<Seen> {
    return this.#maybe(() => this.#look())
  }

  storage() {
    return this.#maybe(() => Object.fromEntries(this.brokers.map(id => [id, this.#held(id)])))
  }

  change(_host: string, changes: readonly Change[]): Promise<void> {
    return this.#maybe(() => {
      for (const change of changes) this.#make(change)
    })
  }

  #make(change: Change): void {
    const find = ({ topic, partition }: { readonly topic: string; readonly partition: number }) => {
      const found = this.partitions.find(each => each.topic === topic && each.index === partition)
      if (!found) throw new Error(`there is no ${topic}-${partition}`)
      return found
    }
    if ('move' in change)
      for (const wanted of change.move) {
        const each = find(wanted)
        if (wanted.to) each.going = { to: [...wanted.to], copied: each.going?.copied ?? 0 }
        else delete each.going
      }
    else if ('prefer' in change) for (const wanted of change.prefer) find(wanted).leader = find(wanted).replicas[0] ?? -1
    else if ('throttle' in change) {
      this.rate = change.throttle
      this.slowed = [...change.topics]
    } else if ('unthrottle' in change) {
      this.rate = undefined
      this.slowed = []
    } else if ('removeController' in change) this.voters = this.voters.filter(id => id !== change.removeController.id)
    else if ('unregister' in change) {
      if (this.brokers.includes(change.unregister)) throw new Error('it is alive')
      this.registered = this.registered.filter(id => id !== change.unregister)
    } else if (!('removeTopic' in change && change.removeTopic.startsWith(healthTopic(0).slice(0, -1))) && !('configure' in change))
      throw new Error(`no such change: ${JSON.stringify(change)}`)
  }

  stop(host: string): Promise<void> {
    return this.#maybe(() => {
      const id = Number(host.slice(5))
      if (this.partitions.some(({ replicas }) => replicas.includes(id))) throw new Error(`${host} was stopped with data on it`)
      if (this.voters.includes(id)) throw new Error(`${host} was stopped as a controller`)
      this.brokers = this.brokers.filter(each => each !== id)
    })
  }
}
