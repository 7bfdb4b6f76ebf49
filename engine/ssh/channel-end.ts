import type { ClientChannel } from 'ssh2'

/**
 * Hears how the program of a channel ended, once or twice the same: `ended` is its exit code, `by` the signal that ended it. The channel
 * tells it again as it closes: all of a short program may have come at once, before anybody listened.
 */
export function onEnd(channel: ClientChannel, ends: (ended: number | undefined, by: string | undefined) => void): void {
  const hear = (ended?: number | null, by?: string) => ends(ended ?? undefined, by)
  channel.on('exit', hear)
  channel.on('close', hear)
}
