import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import * as z from 'zod'

export const tlsSchema = z.strictObject({
  ca: z.string().min(1).describe('file (PEM) with the certificate the server’s must be signed with'),
  name: z
    .string()
    .min(1)
    .optional()
    .describe('name or IP address the server’s certificate must be for; absent: the host it is found under'),
})

export type TlsConfig = z.output<typeof tlsSchema>

/** The same for a server that is one of several. */
export const tlsOfSeveralSchema = tlsSchema
  .omit({ name: true })
  .extend({
    names: z.array(z.string().min(1)).optional().describe('names or addresses of servers, beside the address each is found under'),
  })

/** The code of a server that cannot show who it is. */
export const untrustedCode = 'TLS_UNTRUSTED'
/** The code of a CA file that cannot be read. */
export const caFileCode = 'CA_FILE'

/** What `tls.connect` needs to be sure of a server. Asked at each connect: a new CA needs no restart. @throws Error of code CA_FILE */
export function tlsOptions({ ca, name }: TlsConfig, host: string) {
  return {
    ...trusting(ca),
    // Not by `servername`, for that may be no IP address.
    checkServerIdentity: (_host: string, certificate: PeerCertificate): Error | undefined => checkServerIdentity(name ?? host, certificate),
    ...(isIP(name ?? host) === 0 && { servername: name ?? host }),
  }
}

/**
 * The same for a server that is one of several: its certificate must be for the address it is found under, or for one of `names`, for nodes
 * tell each other's addresses and the inventory may know their names only. @throws Error of code CA_FILE
 */
export function tlsOfSeveral({ ca, names = [] }: { readonly ca: string; readonly names?: readonly string[] | undefined }) {
  return {
    ...trusting(ca),
    checkServerIdentity: (host: string, certificate: PeerCertificate): Error | undefined =>
      names.some(name => checkServerIdentity(name, certificate) === undefined) ? undefined : checkServerIdentity(host, certificate),
  }
}

/**
 * What makes `tls.connect` refuse a server whose certificate is not signed with a CA's, or not for the host. @throws Error of code
 * CA_FILE
 */
export function trusting(ca: string) {
  return { ca: readCa(ca), minVersion: 'TLSv1.2' as const, rejectUnauthorized: true }
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw Object.assign(new Error(`cannot read the CA's certificate ${path}`, { cause: error }), { code: caFileCode })
  }
}

/** Node's words for a certificate it does not take; what OpenSSL calls them is in no list of types. */
const certificateFault = /^(ERR_TLS_CERT_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_(GET_ISSUER|VERIFY|DECRYPT)|ERROR_IN_CERT_)/

/** Whether an error of this code says that a server could not show who it is. */
export const isCertificateFault = (code: string): boolean => certificateFault.test(code)
