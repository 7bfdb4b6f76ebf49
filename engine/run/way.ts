import { Failed } from '../errors.ts'
import type { Fleet, Host } from '../inventory/types.ts'
import { resolveSsh } from '../ssh/config.ts'
import { openTunnel } from '../ssh/tunnel.ts'
import type { OpenOptions } from './open.ts'

export interface WayOptions extends Pick<OpenOptions, 'acceptNewKeys' | 'accepted'> {
  /** The port of the host's loopback. */
  readonly to: number
  /** The port of this machine; absent: the same, or a free one. */
  readonly port?: number
  /** Ends it. */
  readonly stop: AbortSignal
  /** Told where it begins, once it is there. */
  ready(port: number): void
  /** Told of each attempt that came to nothing. */
  failed?(reason: string): void
}

/**
 * A way from this machine's loopback to that of a host, with the connection settings of the fleet and the host keys that are known, until
 * `stop`. Nobody becomes root for it. Throws `Failed` where the port is taken, `ConnectionLost` when the link breaks.
 */
export async function wayTo(fleet: Fleet, host: Host, { to, port, stop, ready, ...options }: WayOptions): Promise<void> {
  const { acceptNewKeys, accepted, failed } = options
  const [target, { connect }] = await Promise.all([resolveSsh(host, fleet), import('../ssh/connect.ts')])
  const connection = await connect(target, { settings: fleet.ssh, acceptNewKeys, ...(accepted && { accepted }) })
  try {
    const tunnel = await openTunnel(connection, {
      to: { address: '127.0.0.1', port: to },
      ...(port !== undefined && { port }),
      ...(failed && { failed }),
    }).catch((error: Error) => {
      throw new Failed({ message: `port ${port ?? to} of this machine: ${error.message}`, hint: 'name another one: --port 9000' })
    })
    try {
      ready(tunnel.port)
      await new Promise<void>((resolve, reject) => {
        if (stop.aborted) return resolve()
        stop.addEventListener('abort', () => resolve(), { once: true })
        connection.onLost(() => reject(connection.lost ?? new Error('the connection was closed')))
      })
    } finally {
      await tunnel.close()
    }
  } finally {
    await connection.close()
  }
}
