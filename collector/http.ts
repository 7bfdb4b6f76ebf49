import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { once } from 'node:events'
import { Problem, codeOf } from './problem.ts'

/** One page: its status, type and text. */
export interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

/**
 * Serves a few pages by path.
 * @throws {Problem} where the port is taken
 */
export async function servePages(address: string, port: number, pages: Readonly<Record<string, () => Promise<Page>>>): Promise<Server> {
  const server = createServer((request, response) => {
    const page = request.method === 'GET' || request.method === 'HEAD' ? pages[new URL(request.url ?? '/', 'http://x').pathname] : undefined
    if (!page) return void response.writeHead(404).end('only /metrics and /healthz are here\n')
    page().then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      (error: unknown) => response.writeHead(500).end(`${codeOf(error)}\n`),
    )
  })
  // A scraper needs one connection, and a slow client must not hold memory.
  server.maxConnections = 16
  server.requestTimeout = 5000
  server.listen(port, address)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new Problem(`cannot listen on ${address}:${port} (${codeOf(error)})`, 'choose another metrics.port or metrics.address in the config')
  }
  server.unref()
  return server
}
