import { ownership } from '../tokens/index.ts'

/** What a node's own tables say of the ring. */
export interface RingSeen {
  /** Tokens of this node, and of each other one by its address. */
  readonly own: readonly string[]
  readonly peers: readonly { readonly address: string; readonly tokens: readonly string[] }[]
  /** Streams of `system_views.streaming`: how each is, and when anything of it moved last, in milliseconds since 1970. */
  readonly streams: readonly { readonly status: string; readonly moved: number }[]
}

/** Streams in one of these are over. */
const over = new Set(['success', 'failure'])

/**
 * Figures of the ring that the server has no metric for, as the node exporter reads them: the share of all rows that this node is the first
 * to hold, by its tokens, and for how long the stream that stands still longest has not moved; 0 where none is under way. `now`: milliseconds.
 */
export function ringFigures({ own, peers, streams }: RingSeen, now: number): string {
  const tokens = (texts: readonly string[]) => texts.map(text => BigInt(text))
  // One that is joining has no tokens yet.
  const ring = [
    { name: 'own', tokens: tokens(own) },
    ...peers.map(({ address, tokens: of }) => ({ name: `at ${address}`, tokens: tokens(of) })),
  ]
  const share = own.length === 0 ? 0 : (ownership(ring).get('own') ?? 0)
  const still = streams.filter(({ status }) => !over.has(status)).map(({ moved }) => Math.max(0, now - moved) / 1000)
  return `# HELP cassandra_owned_ratio Share of all rows that this node is the first to hold.
# TYPE cassandra_owned_ratio gauge
cassandra_owned_ratio ${share.toFixed(4)}
# HELP cassandra_stream_still_seconds For how long a stream that is under way has not moved.
# TYPE cassandra_stream_still_seconds gauge
cassandra_stream_still_seconds ${Math.round(Math.max(0, ...still))}
`
}
