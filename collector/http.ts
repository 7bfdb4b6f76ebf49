import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { once } from 'node:events'
import { Problem, codeOf } from './problem.ts'

/** One page: its status, type and text. */
export interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** Makes a page when it is asked for. */
export type MakePage = () => Page | Promise<Page>

/** What is there, by path. */
export type Pages = ReadonlyMap<string, MakePage>

/**
 * Serves a few pages by path. Nothing that comes in over the network throws out of here.
 * @throws {Problem} where the port is taken
 */
export async function servePages(address: string, port: number, pages: Pages): Promise<Server> {
  const server = createServer((request, response) => {
    answer(request, pages).then(
      ({ status, type, body }) => send(response, status, type, body),
      (error: unknown) => send(response, 500, 'text/plain', `${codeOf(error)}\n`),
    )
  })
  // A scraper needs one connection, and a slow client must hold neither memory nor a place.
  server.maxConnections = 16
  server.headersTimeout = 5000
  server.requestTimeout = 5000
  server.timeout = 15_000
  server.listen(port, address)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new Problem(`cannot listen on ${address}:${port} (${codeOf(error)})`, 'choose another metrics.port or metrics.address in the config')
  }
  // One that could not be taken, for want of files perhaps, is gone; the next may be taken.
  server.on('error', () => {})
  server.unref()
  return server
}

async function answer({ method, url = '' }: IncomingMessage, pages: Pages): Promise<Page> {
  const make = method === 'GET' || method === 'HEAD' ? pages.get(pathOf(url)) : undefined
  return make ? await make() : { status: 404, type: 'text/plain', body: `only ${[...pages.keys()].join(', ')} are here\n` }
}

/** The path of a request's target, whatever its form. `URL` throws for some that a client may send. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '')
  return path.slice(0, path.search(/[?#]|$/))
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, { 'content-type': type }).end(body)
}
