import type { CassandraVars } from '../vars.ts'

export type TlsStep = CassandraVars['tls']

/** In this order a living ring is moved, all of its nodes one step before any makes the next: neighbours in it understand each other. */
export const tlsSteps: readonly TlsStep[] = ['off', 'accept', 'prefer', 'require']

/** Key and certificate of a node, in one file, and the certificate of the CA. */
export interface TlsFiles {
  readonly own: string
  readonly ca: string
}

/**
 * The part of cassandra.yaml about TLS, none where it is off. `accept`: clear and TLS are taken, from nodes and clients, and nodes are
 * spoken to in clear. `prefer`: both are taken, nodes are spoken to over TLS. `require`: nothing but TLS is taken. Nodes show each other
 * that they are of the fleet.
 */
export function tlsSettings(step: TlsStep, { own, ca }: TlsFiles): Readonly<Record<string, unknown>> {
  if (step === 'off') return {}
  const optional = step !== 'require'
  const stores = {
    ssl_context_factory: { class_name: 'org.apache.cassandra.security.PEMBasedSslContextFactory' },
    keystore: own,
    truststore: ca,
  }
  return {
    server_encryption_options: {
      internode_encryption: step === 'accept' ? 'none' : 'all',
      optional,
      legacy_ssl_storage_port_enabled: false,
      ...stores,
      // Not their addresses: Java has no way to do that for who connects to it, and the server then takes nobody.
      require_client_auth: true,
      require_endpoint_verification: false,
    },
    client_encryption_options: { enabled: true, optional, ...stores, require_client_auth: false },
  }
}
