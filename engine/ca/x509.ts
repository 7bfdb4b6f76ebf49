import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { kindOf } from './names.ts'
import { spelled } from '../inventory/address.ts'

/** Small keys that a Pi without crypto instructions signs fast with, and that every product here takes. */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A Pi has no clock chip and may think it is the day its image was made; a certificate that begins before that is never too young. */
const beginning = new Date('2020-01-01T00:00:00Z')
/** What RFC 5280 calls "no well-defined expiration": the fleet's CA is replaced by a person, not by a date. */
const never = new Date('9999-12-31T23:59:59Z')

const { usages, extended } = {
  usages: x509.KeyUsageFlags.digitalSignature,
  // A member of a cluster is both ends.
  extended: [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
}

/** What a certificate is to say; nothing of it comes from the request. */
export interface Wish {
  /** The subject's common name. */
  readonly subject: string
  /** DNS names and IP addresses. */
  readonly names: readonly string[]
  /** From now. */
  readonly days: number
}

export interface KeyAndCertificate {
  readonly key: string
  readonly certificate: string
}

/** A key and the certificate by which it signs others', PEM. */
export async function makeAuthority(fleet: string): Promise<KeyAndCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const name = `CN=CA of the fleet ${fleet}`
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: name,
    issuer: name,
    notBefore: beginning,
    notAfter: never,
    publicKey: keys.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { key: `${key}\n`, certificate: `${certificate.toString('pem')}\n` }
}

/**
 * The list of certificates that are taken back. It begins when certificates begin and has no end, for a Pi may have no clock; and one that
 * is over would shut out everybody.
 */
export async function revocationList(authority: KeyAndCertificate, serials: readonly string[]): Promise<string> {
  const wrong = serials.find(number => !/^([0-9a-f]{2})+$/i.test(number))
  if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong)} is no number of a certificate: hexadecimal, two digits a byte`)
  const ca = new x509.X509Certificate(authority.certificate)
  const list = await x509.X509CrlGenerator.create({
    issuer: ca.subject,
    thisUpdate: beginning,
    nextUpdate: never,
    entries: serials.map(serialNumber => ({ serialNumber, revocationDate: beginning })),
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey)],
    signingKey: await signingKeyOf(authority),
    signingAlgorithm: algorithm,
  })
  // The library calls it CRL, and OpenSSL reads no such thing.
  return `${x509.PemConverter.encode(list.rawData, 'X509 CRL')}\n`
}

const signingKeyOf = ({ key }: KeyAndCertificate) =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(key), algorithm, false, ['sign'])

/** See `Authority`. Of the request only its public key is taken. */
export async function issue(authority: KeyAndCertificate, request: string, { subject, names, days }: Wish): Promise<string> {
  const asked = new x509.Pkcs10CertificateRequest(request)
  const { name, namedCurve } = asked.publicKey.algorithm as { name: string; namedCurve?: string }
  if (name !== algorithm.name || namedCurve !== algorithm.namedCurve)
    throw new Error(`the request is for a key of another kind: ${name} ${namedCurve ?? ''}`.trim())
  if (!(await asked.verify())) throw new Error('the request is not signed with the private key it is for')
  const ca = new x509.X509Certificate(authority.certificate)
  const signingKey = await signingKeyOf(authority)
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [{ CN: [subject] }],
    issuer: ca.subjectName,
    notBefore: beginning,
    notAfter: new Date(Date.now() + days * 86_400_000),
    publicKey: asked.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(usages, true),
      new x509.ExtendedKeyUsageExtension(extended),
      new x509.SubjectAlternativeNameExtension(names.map(spelled).map(value => ({ type: kindOf(value), value }))),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(asked.publicKey),
    ],
  })
  return `${certificate.toString('pem')}\n`
}

/** A positive number of 16 bytes that nobody can guess. */
function serial(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}
