import type { QuorumSeen, StorageSeen } from '../admin/quorum.ts'
import type { Change } from '../admin/session.ts'
import type { ThrottlesSeen } from '../admin/throttle.ts'
import type { BrokerSeen, TopicSeen } from '../admin/topics.ts'

/** A move that is under way. */
export interface MoveSeen {
  readonly topic: string
  readonly partition: number
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

/** The cluster by one broker's word. */
export interface Seen {
  readonly cluster: string
  readonly brokers: readonly BrokerSeen[]
  readonly topics: readonly TopicSeen[]
  readonly quorum: QuorumSeen
  readonly moves: readonly MoveSeen[]
  readonly throttles: ThrottlesSeen
}

/** What a broker says of itself, and of the cluster. */
export interface Member extends Seen {
  /** Its number, by the inventory. */
  readonly id: number
  /** What this broker's own card holds. */
  readonly held: StorageSeen
}

/** The hosts of a cluster, as a rebalance needs them. Everything may be done again. */
export interface ClusterHosts {
  /** @throws Failed where that host's broker does not answer */
  member(host: string): Promise<Member>
  /** The cluster by the word of that host's broker, or of another where it does not answer. */
  seen(host: string): Promise<Seen>
  /** What each broker that answers holds, by number. */
  storage(host: string): Promise<Readonly<Record<number, StorageSeen>>>
  /** @throws Failed with what Kafka refused */
  change(host: string, changes: readonly Change[]): Promise<void>
  /** Ends the server of a host, and no boot of the Pi starts it. `dead`: it need not be there. */
  stop(host: string, dead: boolean): Promise<void>
}
