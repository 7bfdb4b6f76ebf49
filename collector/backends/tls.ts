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
