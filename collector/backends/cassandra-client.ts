import { isIPv6 } from 'node:net'
import type { Client, auth as Auth } from 'cassandra-driver'
import { parseAddress } from './address.ts'
import type { CassandraConfig } from './cassandra.config.ts'
import { tlsOfSeveral } from './tls.ts'

type Driver = typeof import('cassandra-driver')

export interface CassandraOptions extends Omit<CassandraConfig, 'type' | 'name' | 'passwordFile'> {
  /** Asked at every connect, so that a rotated password needs no restart. */
  readonly password: () => string
}

/**
 * A client of the ring, not connected yet. It sends each INSERT to a node that owns the reading, and follows nodes that join, leave,
 * go and come back by itself. The driver is loaded here, so that nobody pays for it who has no Cassandra.
 */
export async function cassandraClient(options: CassandraOptions): Promise<Client> {
  const { default: driver } = await import('cassandra-driver')
  const { policies, types } = driver
  const { hosts, port, datacenter, consistency, timeout } = options
  return new driver.Client({
    contactPoints: hosts.map(contactPoint),
    localDataCenter: datacenter,
    authProvider: passwordProvider(driver, options),
    protocolOptions: { port },
    // Each node is looked at before the login.
    ...(options.tls && { sslOptions: tlsOfSeveral(options.tls) }),
    policies: {
      loadBalancing: new policies.loadBalancing.TokenAwarePolicy(new policies.loadBalancing.DCAwareRoundRobinPolicy(datacenter)),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(1000, 30_000),
      // The server's clock dates a write: a Pi without a clock chip may be years off.
      timestampGeneration: null as never,
    },
    queryOptions: { prepare: true, isIdempotent: true, consistency: types.consistencies[consistency] },
    pooling: { coreConnectionsPerHost: { [types.distance.local]: 1, [types.distance.remote]: 0 }, heartBeatInterval: 10_000 },
    socketOptions: {
      // All contact points may be tried one after the other.
      connectTimeout: Math.max(100, Math.min(5000, Math.floor(timeout / hosts.length))),
      // Half, so that another node can still be tried in the other half.
      readTimeout: Math.floor(timeout / 2),
      defunctReadTimeoutThreshold: 8,
    },
    monitorReporting: { enabled: false },
  })
}

/** What the driver takes for `host`, `host:port` or `[IPv6]:port`. */
function contactPoint(text: string): string {
  const { host, port } = parseAddress(text) ?? { host: text }
  return port === undefined ? host : `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** Asks for the password at each connection it opens: a node that comes back may know a new one. */
function passwordProvider({ auth }: Driver, { user, password }: CassandraOptions): Auth.AuthProvider {
  let known = password()
  class PasswordProvider extends auth.PlainTextAuthProvider {
    override newAuthenticator(endpoint: string, name: string): Auth.Authenticator {
      try {
        known = password()
      } catch {
        // Being rewritten, perhaps; thrown from here it would end the process.
      }
      return new auth.PlainTextAuthProvider(user, known).newAuthenticator(endpoint, name)
    }
  }
  return new PasswordProvider(user, known)
}
