/** Parts of the driver that its types leave out: one connection to one node, without what a client of a whole ring needs. */
declare module 'cassandra-driver/lib/connection.js' {
  import type { Duplex } from 'node:stream'
  import type { ClientOptions } from 'cassandra-driver'

  export default class Connection {
    /** `endpoint` is `ADDRESS:PORT`, also of IPv6. The version of the protocol is agreed on where it is null. */
    constructor(endpoint: string, protocolVersion: number | null, options: ClientOptions)
    readonly netClient?: Duplex
    /** Connects and logs in. */
    openAsync(): Promise<void>
    send(request: unknown, options: unknown): Promise<Answer>
    close(): void
  }

  /** Of a statement that gives no rows, `rows` is missing. */
  export interface Answer {
    readonly rows?: readonly object[]
    readonly meta?: { readonly columns: readonly { readonly name: string }[]; readonly pageState?: Buffer }
    /** What the server warns of. */
    readonly flags?: { readonly warnings?: readonly string[] }
  }
}

declare module 'cassandra-driver/lib/requests.js' {
  const requests: { QueryRequest: new (cql: string, values: readonly unknown[] | null, options: unknown) => object }
  export default requests
}

declare module 'cassandra-driver/lib/execution-options.js' {
  const options: { ExecutionOptions: { empty(): object } }
  export default options
}

declare module 'cassandra-driver/lib/client-options.js' {
  import type { ClientOptions } from 'cassandra-driver'

  const clientOptions: { extend(options: ClientOptions): ClientOptions }
  export default clientOptions
}
