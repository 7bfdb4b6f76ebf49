import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { ownAddress } from './own-address.ts'
import { Problem, codeOf, sentence } from './problem.ts'

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

/** Pages that are served, or will be once their address is there. */
export interface Serving {
  /** The port it listens on; the one that was asked for while it does not. */
  readonly port: number
  close(): void
}

/** Milliseconds the start waits for an address. */
const patience = 2000

export interface ServingOptions {
  /** Told each time it is seen that the address is not there. */
  onWaiting(reason: string): void
  /** Milliseconds between two looks. */
  readonly every?: number
}

/**
 * Serves a few pages by path, on an address or a name of this machine. Nothing that comes in over the network throws out of here. An
 * address that is not there yet is waited for, and one that a name stands for is followed where it changes: who measures needs no
 * network.
 * @throws {Problem} where the port is taken
 */
export async function servePages(
  address: string,
  port: number,
  pages: Pages,
  { onWaiting, every = 5000 }: ServingOptions,
): Promise<Serving> {
  let current: { readonly server: Server; readonly at: string } | undefined
  let closed = false
  const look = async (): Promise<void> => {
    const at = await ownAddress(address)
    if (at === undefined && current === undefined) onWaiting(`${address} stands for no address of this machine`)
    if (closed || at === undefined || at === current?.at) return
    const server = await listening(at, portOf(current?.server) ?? port, pages)
    if (server === undefined) return onWaiting(`${at} is not there`)
    if (closed) return end(server)
    if (current) end(current.server)
    current = { server, at }
  }
  const first = look()
  // A name server that does not answer must not keep it from measuring.
  await Promise.race([first, pause(patience)])
  let looking: Promise<void> | undefined = first
    .catch((error: unknown) => onWaiting(sentence(error)))
    .finally(() => {
      looking = undefined
    })
  // An address that it has is its own for good; what a name stands for may change.
  const timer = setInterval(() => {
    if (current?.at === address) clearInterval(timer)
    else
      looking ??= look()
        .catch((error: unknown) => onWaiting(sentence(error)))
        .finally(() => {
          looking = undefined
        })
  }, every)
  timer.unref()
  return {
    get port() {
      return portOf(current?.server) ?? port
    },
    close() {
      closed = true
      clearInterval(timer)
      if (current) end(current.server)
    },
  }
}

function end(server: Server): void {
  server.close()
  server.closeAllConnections()
}

function portOf(server: Server | undefined): number | undefined {
  const address = server?.address()
  return typeof address === 'object' && address !== null ? address.port : undefined
}

/** A server that listens; undefined where the machine has no such address. @throws {Problem} where the port is taken */
async function listening(address: string, port: number, pages: Pages): Promise<Server | undefined> {
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
    if (codeOf(error) === 'EADDRNOTAVAIL') return undefined
    throw new Problem(
      `cannot listen on ${address}:${port} (${codeOf(error)})`,
      'choose another metrics.port or metrics.address in the config',
    )
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
