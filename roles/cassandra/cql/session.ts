import { readFileSync } from 'node:fs'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { ClientOptions } from 'cassandra-driver'
import clientOptions from 'cassandra-driver/lib/client-options.js'
import Connection, { type Answer } from 'cassandra-driver/lib/connection.js'
import executionOptions from 'cassandra-driver/lib/execution-options.js'
import requests from 'cassandra-driver/lib/requests.js'
import type { Value } from './asked.ts'
import { NodeError } from './refusal.ts'
import { listensAt, type Login, type Settings } from './settings.ts'

/** Milliseconds until a node that says nothing counts as silent. */
const patience = 60_000
const rowsOfPage = 1000
/** How many copies answer: one, or all that there are. */
const consistencies = { one: 1, all: 5 } as const
const protocolVersion = 4

export interface Page {
  readonly names: readonly string[]
  /** By name of column. */
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Where the next page begins; undefined where this is the last. */
  readonly next: Buffer | undefined
  readonly warnings: readonly string[]
}

/**
 * One connection to the node of this Pi, logged in: with the driver's own protocol, and without what its client does for a whole ring.
 * That client asks for all nodes and tables before the first statement, and takes five times as long to load.
 */
export class Session {
  readonly #connection: Connection

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  /** @throws {NodeError} with the node's code where it refuses, or the system's where it is not there */
  static async open(settings: Settings, login: Login = settings): Promise<Session> {
    const connection = new Connection(`${await listensAt(settings)}:${settings.port}`, protocolVersion, optionsOf(settings, login))
    try {
      await connection.openAsync()
      return new Session(connection)
    } catch (error) {
      // The node leaves the connection open after a refusal.
      connection.netClient?.destroy()
      throw plain(error)
    }
  }

  /** A page of the answer to a statement. Each `?` of it stands for one of the values. @throws {NodeError} */
  async ask(cql: string, values: readonly Value[] = [], page?: Buffer, copies: keyof typeof consistencies = 'one'): Promise<Page> {
    const options = Object.assign(executionOptions.ExecutionOptions.empty(), {
      getConsistency: () => consistencies[copies],
      getFetchSize: () => rowsOfPage,
      getPageState: () => page,
    })
    const answer = await this.#connection.send(new requests.QueryRequest(cql, values, options), options).catch(error => {
      throw plain(error)
    })
    return pageOf(answer)
  }

  close(): void {
    this.#connection.close()
  }
}

function optionsOf({ host, name = host, port, ca }: Settings, { user, password }: Login): ClientOptions {
  return clientOptions.extend({
    contactPoints: [host],
    protocolOptions: { port },
    credentials: { username: user, password },
    pooling: { heartBeatInterval: 0 },
    socketOptions: { connectTimeout: patience, readTimeout: patience },
    ...(ca !== undefined && { sslOptions: trusting(ca, name) }),
  })
}

/** Whoever answers must be the node, also where it is called over loopback. */
const trusting = (ca: string, name: string) => ({
  ca: readFileSync(ca),
  minVersion: 'TLSv1.2' as const,
  rejectUnauthorized: true,
  checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
})

function pageOf({ rows = [], meta, flags }: Answer): Page {
  return {
    names: meta?.columns.map(({ name }) => name) ?? [],
    rows: rows as Page['rows'],
    next: meta?.pageState,
    warnings: flags?.warnings ?? [],
  }
}

/** The node's error without the driver's wrapping. */
function plain(error: unknown): NodeError {
  const { message, code, isSocketError, innerError, additionalInfo } = error as Error & {
    readonly code?: string | number
    readonly isSocketError?: boolean
    readonly innerError?: Error
    readonly additionalInfo?: { readonly code: number }
  }
  return new NodeError(
    isSocketError ? (innerError?.message ?? 'the node closed the connection') : message,
    additionalInfo?.code ?? code,
    error,
  )
}
