import type { Member, Mode, NodeSeen, Streams } from '../ring/index.ts'

/** Work that goes on the Pi when nobody looks: none was begun, it runs, it ended well or badly. */
export type Work = 'none' | 'running' | 'done' | 'failed'

/** What one Pi says of its own node, by at most one JVM. */
export interface NodeState {
  /** systemd's word: `active`, `inactive`, `failed`, `activating` … */
  readonly service: string
  /** How often systemd has started it again since it was last told to. */
  readonly restarts: number
  /** None while its server does not answer. */
  readonly mode: Mode | undefined
  readonly streams: Streams
  /** Where its server listens, or will. */
  readonly addresses: readonly string[]
  /** Its data folders hold something. */
  readonly remains: boolean
  /** The tokens of its next start; none where it has no place, an empty list where the server draws them. */
  readonly tokens: readonly string[] | undefined
  /** It was made its own seed, for its other seeds were about to leave. */
  readonly alone: boolean
  readonly leaving: Work
  readonly cleaning: Work
}

/** What a node says once it is one: who it is, its tokens, and what streamed to it when it joined. */
export interface Joined {
  readonly id: string
  readonly tokens: readonly string[]
  /** Keyspaces of which it was given ranges by others. */
  readonly received: readonly string[]
}

/** How a node starts for the first time. */
export interface Start {
  /** Tokens as decimal text, or how many the server shall draw. */
  readonly tokens: readonly string[] | number
  readonly seeds: readonly string[]
  /** There are others that it joins: the login every new ring has is gone there, and it lets clients in at once. */
  readonly joins: boolean
  /** Address of a dead node whose place it takes. */
  readonly replaces?: string
}

/** What can be done to the node of one Pi. Each may be done twice. */
export type NodeAction =
  /** Hands its data to the others and leaves; goes on when nobody looks. */
  | { readonly do: 'leave' }
  /** Ends the server and keeps it off, through a boot as well. */
  | { readonly do: 'stop' }
  | { readonly do: 'start' }
  | ({ readonly do: 'place' } & Start)
  /** Writes what counts on a first start only, for a node that had it before that was written down. */
  | { readonly do: 'options' }
  /** Notes that a keyspace must be repaired before its copies are complete; see `owed.ts`. */
  | { readonly do: 'owe repair'; readonly keyspace: string; readonly since: string }
  /** Takes tokens and seeds of a start that never came to be; refuses where data remains. */
  | { readonly do: 'unplace' }
  /** Seeds of a node whose others leave: itself. */
  | { readonly do: 'seeds'; readonly seeds: readonly string[] }
  /** The seeds of the inventory count again. */
  | { readonly do: 'settle' }
  /** Throws away what others hold now; goes on when nobody looks. */
  | { readonly do: 'clean up' }
  /** Only `take-away.ts` asks for these two. */
  | { readonly do: 'set aside' }
  | { readonly do: 'forget' }

/** The Pis of a ring, as everything that changes a ring sees them. Each throws where its Pi cannot be had. */
export interface RingHosts {
  state(host: string): Promise<NodeState>
  /** Nodes of the ring as a host sees them, itself included; none where its server does not answer. */
  sees(host: string): Promise<readonly NodeSeen[]>
  /** All a plan needs to know. */
  member(host: string): Promise<Member>
  /** Undefined while nobody can log in there. */
  joined(host: string): Promise<Joined | undefined>
  perform(host: string, action: NodeAction): Promise<void>
  /** The last words of a node's server, or of its work. */
  words(host: string, of: 'server' | 'leaving' | 'cleaning'): Promise<readonly string[]>
}
