import { createHash, X509Certificate } from 'node:crypto'
import * as z from 'zod'
import type { Secrets } from '../secrets/secrets.ts'
import { SecretsError } from '../secrets/secrets-error.ts'

/** The secret that a fleet's authority is. */
export const authoritySecret = 'fleet/ca'

/** Who signs a fleet's certificates. Texts are PEM. */
export interface Authority {
  readonly certificate: string
  /** Unencrypted PKCS#8; it never leaves the controller. */
  readonly key: string
}

/** What anybody may know of an authority. */
export interface Trust {
  /** PEM; empty where a fleet has no authority yet, and one is made when it is needed. */
  readonly certificate: string
  /** SHA-256 of the certificate, in hex; empty without one. */
  readonly id: string
}

const kept = z.object({ certificate: z.string().startsWith('-----BEGIN CERTIFICATE-----'), key: z.string().startsWith('-----BEGIN PRIVATE KEY-----') })

/** An authority as it is kept in a secret. @throws SecretsError where the secret is something else */
export function parseAuthority(secret: string): Authority {
  try {
    return kept.parse(JSON.parse(secret))
  } catch {
    throw new SecretsError(`the secret ${authoritySecret} is no authority: a certificate and its key are wanted`, 'put back the one that was there: certificates on the Pis are of that one')
  }
}

/** What anybody may know of the fleet's authority; nothing is made. */
export function trustOf(secrets: Pick<Secrets, 'show'>): Trust {
  const secret = secrets.show(authoritySecret)
  if (secret === undefined) return { certificate: '', id: '' }
  const { certificate } = parseAuthority(secret)
  return { certificate, id: createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex') }
}

/** Sees that a fleet has an authority. Of two runs that make one at once, both get the same. */
export async function ensureAuthority(secrets: Secrets, fleet: string): Promise<void> {
  if (secrets.show(authoritySecret) !== undefined) return
  const { makeAuthority } = await import('./issue.ts')
  const made = JSON.stringify(await makeAuthority(fleet))
  secrets.get(authoritySecret, () => made)
}
