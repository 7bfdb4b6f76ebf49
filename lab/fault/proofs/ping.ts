import type { Fleet } from '../../../engine/inventory/types.ts'
import { exec } from '../../exec.ts'

/** What came back of pings. */
export interface Pinged {
  readonly sent: number
  readonly received: number
  /** Milliseconds there and back, of each that came back. */
  readonly times: readonly number[]
}

/** Reads what ping(8) of iputils prints. */
export function parsePing(text: string): Pinged {
  const [, sent = 0, received = 0] = (/^(\d+) packets transmitted, (\d+) received/m.exec(text) ?? []).map(Number)
  return { sent, received, times: [...text.matchAll(/ time=([\d.]+) ms/g)].map(([, time]) => Number(time)) }
}

/**
 * Pings from inside a host, not over its network.
 * @param every seconds between two
 * @param wait seconds for the last one's answer
 */
export async function ping(fleet: Fleet, host: string, to: string, count: number, every: number, wait = 2): Promise<Pinged> {
  const { stdout } = await exec(fleet, host, ['ping', '-n', '-c', String(count), '-i', String(every), '-W', String(wait), to])
  return parsePing(stdout)
}
