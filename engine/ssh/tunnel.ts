import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { Connection } from './connect.ts'

/** A port of this machine's loopback that leads to one of a host. */
export interface Tunnel {
  readonly port: number
  /** Ends it, and what goes through it. */
  close(): Promise<void>
}

export interface TunnelOptions {
  /** As the host itself reaches it. */
  readonly to: { readonly address: string; readonly port: number }
  /** Of this machine; absent: that of the host where it is free, else any that is. */
  readonly port?: number
  /** Told of each attempt that came to nothing, e.g. that nobody listens there. */
  failed?(reason: string): void
}

/**
 * Leads a port of this machine's loopback, and of no other address, through a connection. Throws where the port that was asked for is
 * taken.
 */
export async function openTunnel(connection: Pick<Connection, 'forward'>, { to, port, failed }: TunnelOptions): Promise<Tunnel> {
  const open = new Set<Socket>()
  const pass = async (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    try {
      const there = await connection.forward(to.address, to.port)
      // Either end may go first, as browsers do: that ends the other, and is nobody's error.
      await Promise.all([pipeline(socket, there), pipeline(there, socket)]).catch(() => {})
    } catch (error) {
      failed?.(error instanceof Error ? error.message : String(error))
    } finally {
      socket.destroy()
    }
  }
  const server = createServer(socket => {
    socket.on('error', () => {})
    void pass(socket)
  })
  const own = port === undefined ? await listensAnywhere(server, to.port) : await listens(server, port)
  return {
    port: own,
    async close() {
      for (const socket of open) socket.destroy()
      server.close()
      if (server.listening) await once(server, 'close')
    },
  }
}

async function listens(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function listensAnywhere(server: Server, first: number): Promise<number> {
  try {
    return await listens(server, first)
  } catch {
    return listens(server, 0)
  }
}
