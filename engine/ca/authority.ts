import { SecretsError } from '../secrets/secrets-error.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { splitPem } from './pem.ts'
import type { Wish } from './x509.ts'

/** The secret that is the fleet's CA: its private key and its certificate, PEM. */
export const authoritySecret = 'fleet/ca'

/** The secret of a CA of the fleet that is for one thing alone. */
export const ownAuthoritySecret = (of: string): string => `${of}/ca`

/** The fleet's CA: what its hosts know each other by. */
export interface Authority {
  /** Its own certificate, PEM. Public. Under `--check`, where there is none yet, a placeholder. */
  readonly certificate: string
  /**
   * A certificate for the public key of a request (PKCS #10, PEM), whose sender proves by its signature that he has the private key.
   * @throws Error where he does not, or the key is of another kind than the ones made here
   */
  issue(request: string, wish: Wish): Promise<string>
  /** Numbers of certificates that the fleet has taken back, in hexadecimal: of cards that are gone. */
  readonly revoked: readonly string[]
  /** The list of certificates it takes back (CRL, PEM), by their numbers in hexadecimal. @throws Error where one is no number */
  revoke(serials: readonly string[]): Promise<string>
}

/** Called with each certificate (PEM) before it is given away. */
export type NoteIssued = (wish: Wish, certificate: string) => void

/** Which CA, and who is told of what it signs. */
export interface OpenAuthority {
  /** What a CA is for alone, beside the fleet's: whoever believes it believes nobody who has a certificate for something else. */
  readonly own?: string | undefined
  readonly note?: NoteIssued
  /** See `Authority`; none where absent. */
  readonly revoked?: readonly string[]
}

/**
 * The CA of a fleet, made at first use: a run that needs none makes none. Its key is one of the fleet's secrets and never leaves the
 * controller. One that is there is only read; what signs is loaded when there is something to sign.
 * @throws SecretsError where the secret is something else than a key with its certificate
 */
export async function openAuthority(
  secrets: Secrets,
  fleet: string,
  check: boolean,
  { own, note, revoked = [] }: OpenAuthority = {},
): Promise<Authority> {
  const secret = own === undefined ? authoritySecret : ownAuthoritySecret(own)
  const kept = secrets.show(secret) ?? (check ? undefined : await make(secrets, secret, own === undefined ? fleet : `${fleet} for ${own}`))
  if (kept === undefined) {
    const never = async () => {
      throw new Error('nothing is signed under --check')
    }
    return { certificate: secrets.get(secret), revoked, issue: never, revoke: never }
  }
  const { key, certificate } = splitPem(kept)
  if (!key || !certificate)
    throw new SecretsError(
      `secret "${secret}" is no private key with its certificate (PEM)`,
      `keep one of yours: secret set ${secret} <FILE`,
    )
  const pair = { key, certificate }
  return {
    certificate,
    revoked,
    async issue(request, wish) {
      const issued = await (await import('./x509.ts')).issue(pair, request, wish)
      note?.(wish, issued)
      return issued
    },
    revoke: async serials => (await import('./x509.ts')).revocationList(pair, serials),
  }
}

/** Of two runs that make one at once, both get the one that was kept first. */
async function make(secrets: Secrets, secret: string, name: string): Promise<string> {
  const { key, certificate } = await (await import('./x509.ts')).makeAuthority(name)
  return secrets.get(secret, () => key + certificate)
}
