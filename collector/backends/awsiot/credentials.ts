import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../problem.ts'
import { parseAddress } from '../address.ts'
import type { ShownCertificate } from '../backend.ts'
import { shownOf } from '../mqtt/certificate.ts'
import { keyFileCode, type BrokerCredentials } from '../mqtt/credentials.ts'
import { tlsOptions } from '../tls.ts'
import type { AwsiotConfig } from './config.ts'

/** Nothing is there yet: the stack was not deployed, or what it said was not put on this Pi. */
export const notYetCode = 'NO_CERTIFICATE_YET'
/** The certificate is for a key of before. */
export const otherKeyCode = 'CERTIFICATE_OF_ANOTHER_KEY'

/** Where the certificate is. */
export const certificateIn = (folder: string): string => join(folder, 'certificate.pem.crt')

const coded = (code: string, message: string, cause?: unknown) => Object.assign(new Error(message, { cause }), { code })

/** What is shown to a broker, and whom it is taken for. Files are read at each connect: a new certificate needs no restart. */
export function credentialsOf({ folder, hosts, port: otherwise }: Pick<AwsiotConfig, 'folder' | 'hosts' | 'port'>): BrokerCredentials {
  const text = (file: string) => readFileSync(join(folder, file), 'utf8')
  const made = (file: string): string => {
    try {
      return text(file)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw coded(notYetCode, `${join(folder, file)} is not there yet`, error)
      throw coded(keyFileCode, `cannot read ${join(folder, file)} (${codeOf(error)})`, error)
    }
  }
  const key = made('private.pem.key')
  const cert = made('certificate.pem.crt')
  const endpoint = hosts[0] ?? made('endpoint').trim()
  const certificate = certificateFor(cert, key, folder)
  if (!certificate) throw coded(otherKeyCode, `${certificateIn(folder)} is for another key than this Pi has`)
  const { host, port = otherwise } = parseAddress(endpoint) ?? { host: endpoint }
  return { host, port, key, cert, certificate, ...tlsOptions({ ca: join(folder, 'rootCA.pem') }, host) }
}

/** The certificate as it is shown; undefined: it is for another key. */
function certificateFor(pem: string, key: string, folder: string): ShownCertificate | undefined {
  try {
    if (!new X509Certificate(pem).checkPrivateKey(createPrivateKey(key))) return undefined
    return shownOf(pem, certificateIn(folder))
  } catch (error) {
    throw coded(keyFileCode, `certificate or key in ${folder} is damaged`, error)
  }
}
