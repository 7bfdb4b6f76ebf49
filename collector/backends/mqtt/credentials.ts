import { readFileSync } from 'node:fs'
import { codeOf } from '../../problem.ts'
import { parseAddress } from '../address.ts'
import { tlsOptions } from '../tls.ts'
import type { MqttConfig } from './config.ts'

/** What is shown to a broker, and whom it is taken for. */
export interface BrokerCredentials extends ReturnType<typeof tlsOptions> {
  readonly host: string
  readonly port: number
  /** PEM. */
  readonly key: string
  readonly cert: string
}

/** The code of a file with certificate and key that cannot be read, or has not both. */
export const keyFileCode = 'KEY_FILE'

/**
 * What a broker of the fleet is shown: a certificate of the fleet's CA with its key, in one file. Read at each connect: a new certificate
 * needs no restart. @throws Error of code KEY_FILE or CA_FILE
 */
export function credentialsOf({ hosts, port: otherwise, certificate, tls }: Pick<MqttConfig, 'hosts' | 'port' | 'certificate' | 'tls'>) {
  const { host, port = otherwise } = parseAddress(hosts[0] ?? '') ?? { host: hosts[0] ?? '' }
  return { host, port, ...ownOf(certificate), ...tlsOptions(tls, host) } satisfies BrokerCredentials
}

function ownOf(path: string): { readonly key: string; readonly cert: string } {
  const text = read(path)
  const [key, cert] = ['(?:EC |RSA )?PRIVATE KEY', 'CERTIFICATE'].map(kind => block(text, kind))
  if (!key || !cert) throw Object.assign(new Error(`${path} has no certificate with its private key`), { code: keyFileCode })
  return { key, cert }
}

const block = (text: string, kind: string) => new RegExp(`-----BEGIN (${kind})-----[^-]+-----END \\1-----`).exec(text)?.[0]

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw Object.assign(new Error(`cannot read ${path} (${codeOf(error)})`, { cause: error }), { code: keyFileCode })
  }
}
