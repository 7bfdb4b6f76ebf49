import { readFileSync } from 'node:fs'
import { codeOf } from '../../problem.ts'
import { parseAddress } from '../address.ts'
import type { ShownCertificate } from '../backend.ts'
import { tlsOptions } from '../tls.ts'
import { shownOf } from './certificate.ts'
import type { MqttConfig } from './config.ts'

/** What is shown to a broker, and whom it is taken for. */
export interface BrokerCredentials extends ReturnType<typeof tlsOptions> {
  readonly host: string
  readonly port: number
  /** PEM. */
  readonly key: string
  readonly cert: string
  /** What `cert` is known by. */
  readonly certificate: ShownCertificate
}

/** The code of a file with certificate and key that cannot be read, or has not both, or is damaged. */
export const keyFileCode = 'KEY_FILE'

/**
 * What a broker of the fleet is shown: a certificate of the fleet's CA with its key, in one file. Read at each connect: a new certificate
 * needs no restart. @throws Error of code KEY_FILE or CA_FILE
 */
export function credentialsOf({ hosts, port: otherwise, certificate, tls }: Pick<MqttConfig, 'hosts' | 'port' | 'certificate' | 'tls'>) {
  const { host, port = otherwise } = parseAddress(hosts[0] ?? '') ?? { host: hosts[0] ?? '' }
  return { host, port, ...ownOf(certificate), ...tlsOptions(tls, host) } satisfies BrokerCredentials
}

function ownOf(path: string): Pick<BrokerCredentials, 'key' | 'cert' | 'certificate'> {
  const text = read(path)
  const [key, cert] = ['(?:EC |RSA )?PRIVATE KEY', 'CERTIFICATE'].map(kind => block(text, kind))
  if (!key || !cert) throw Object.assign(new Error(`${path} has no certificate with its private key`), { code: keyFileCode })
  try {
    return { key, cert, certificate: shownOf(cert, path) }
  } catch (error) {
    throw Object.assign(new Error(`the certificate in ${path} is damaged`, { cause: error }), { code: keyFileCode })
  }
}

const block = (text: string, kind: string) => new RegExp(`-----BEGIN (${kind})-----[^-]+-----END \\1-----`).exec(text)?.[0]

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw Object.assign(new Error(`cannot read ${path} (${codeOf(error)})`, { cause: error }), { code: keyFileCode })
  }
}
