import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port nobody listens on, at none of the addresses. It is below the ports the kernel gives to outgoing connections: while the server is
 * stopped none of those may take it, least of all an agent's that connects to itself.
 */
export async function freePort(addresses: readonly string[] = ['127.0.0.1']): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const free = await Promise.all(addresses.map(address => isFree(port, address)))
    if (free.every(Boolean)) return port
  }
}

async function isFree(port: number, address: string): Promise<boolean> {
  const server = createServer().listen(port, address)
  if (
    !(await once(server, 'listening').then(
      () => true,
      () => false,
    ))
  )
    return false
  server.close()
  await once(server, 'close')
  return true
}
