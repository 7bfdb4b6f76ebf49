/** Bytes on their way between nodes, as one of them counts them. */
export interface Streams {
  readonly sent: number
  readonly toSend: number
  readonly received: number
  readonly toReceive: number
}

/**
 * What a node does, from its own mouth. `STARTING`, `NORMAL`, `JOINING`, `LEAVING`, `DECOMMISSIONED`, `DECOMMISSION_FAILED`, `DRAINED` …
 */
export type Mode = string

const session = /(Receiving|Sending) (\d+) files?, (\d+) bytes total\. Already (?:received|sent) (\d+) files?[^,]*, (\d+) bytes total/g

/** Reads what `nodetool netstats` prints. */
export function parseNetstats(text: string): { readonly mode: Mode | undefined; readonly streams: Streams } {
  const streams = { sent: 0, toSend: 0, received: 0, toReceive: 0 }
  for (const [, way, , total, , done] of text.matchAll(session)) {
    if (way === 'Sending') {
      streams.toSend += Number(total)
      streams.sent += Number(done)
    } else {
      streams.toReceive += Number(total)
      streams.received += Number(done)
    }
  }
  return { mode: /^Mode: (\w+)/m.exec(text)?.[1], streams }
}
