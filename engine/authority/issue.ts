// The library wants it before itself.
import 'reflect-metadata'
import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension, BasicConstraintsExtension, ExtendedKeyUsage, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension, PemConverter,
  Pkcs10CertificateRequest, SubjectAlternativeNameExtension, SubjectKeyIdentifierExtension, X509Certificate, X509CertificateGenerator,
} from '@peculiar/x509'
import type { Authority } from './authority.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 24 * 60 * 60 * 1000
/** Clocks of Pis are behind at times. */
const backdated = 7 * day

/** Who a certificate is for. */
export interface Subject {
  /** Its common name, and the first of its DNS names. */
  readonly name: string
  /** IP addresses and DNS names it is reached by. */
  readonly addresses: readonly string[]
  readonly days: number
}

/** A new authority for a fleet, for twenty years. */
export async function makeAuthority(fleet: string, now = Date.now()): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [`Fleet ${fleet}`] }],
    notBefore: new Date(now - backdated),
    notAfter: new Date(now + 20 * 365 * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: `${certificate.toString('pem')}\n`, key: `${PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')}\n` }
}

/**
 * Signs a Pi's public key. Of the request only the key counts, and that whoever sent it has its other half; names are the inventory's, `subject`.
 * @throws Error where the request is none, or not signed by its own key
 */
export async function issue({ certificate, key }: Authority, request: string, { name, addresses, days }: Subject, now = Date.now()): Promise<string> {
  const wanted = new Pkcs10CertificateRequest(request)
  if (!(await wanted.verify())) throw new Error('the request is not signed by its own key')
  const authority = new X509Certificate(certificate)
  const signingKey = await crypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(key), algorithm, false, ['sign'])
  const names = [...new Set([name, ...addresses])].map(each => ({ type: isIP(each) ? 'ip' as const : 'dns' as const, value: each.replace(/%.*/, '') }))
  const signed = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [{ CN: [name] }],
    issuer: authority.subject,
    notBefore: new Date(now - backdated),
    notAfter: new Date(Math.min(now + days * day, authority.notAfter.getTime())),
    signingAlgorithm: algorithm,
    signingKey,
    publicKey: wanted.publicKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension(names),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      await SubjectKeyIdentifierExtension.create(wanted.publicKey),
    ],
  })
  return `${signed.toString('pem')}\n`
}

/** A positive number of 16 random bytes. */
function serial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}
