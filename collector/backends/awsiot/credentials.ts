import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../problem.ts'
import type { ShownCertificate } from '../backend.ts'
import { parseAddress } from '../address.ts'
import { tlsOptions } from '../tls.ts'
import type { AwsiotConfig } from './config.ts'

/** Nothing is there yet: the stack was not deployed, or what it said was not put on this Pi. */
export const notYetCode = 'NO_CERTIFICATE_YET'
/** The certificate is for a key of before. */
export const otherKeyCode = 'CERTIFICATE_OF_ANOTHER_KEY'
export const keyFileCode = 'KEY_FILE'
/** Another certificate was put in place of the one that was shown. */
export const newCertificateCode = 'NEW_CERTIFICATE'

export const coded = (code: string, message: string, cause?: unknown) => Object.assign(new Error(message, { cause }), { code })

/** What is shown to a broker, and whom it is taken for. Files are read at each connect: a new certificate needs no restart. */
export function credentialsOf({ folder, hosts, port: otherwise }: Pick<AwsiotConfig, 'folder' | 'hosts' | 'port'>) {
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
  if (!certificate) throw coded(otherKeyCode, `${join(folder, 'certificate.pem.crt')} is for another key than this Pi has`)
  const { host, port = otherwise } = parseAddress(endpoint) ?? { host: endpoint }
  return { host, port, key, cert, certificate, ...tlsOptions({ ca: join(folder, 'rootCA.pem') }, host) }
}

export type BrokerCredentials = ReturnType<typeof credentialsOf>

/** Tells the certificate that is there from the one before, without reading it; undefined: there is none. */
export function certificateStamp(folder: string): string | undefined {
  const stat = statSync(join(folder, 'certificate.pem.crt'), { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.ino}-${stat.mtimeNs}`
}

/** The certificate as it is shown; undefined: it is for another key. */
function certificateFor(pem: string, key: string, folder: string): ShownCertificate | undefined {
  try {
    const certificate = new X509Certificate(pem)
    if (!certificate.checkPrivateKey(createPrivateKey(key))) return undefined
    return { fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(), issued: Date.parse(certificate.validFrom) / 1000 }
  } catch (error) {
    throw coded(keyFileCode, `certificate or key in ${folder} is damaged`, error)
  }
}
