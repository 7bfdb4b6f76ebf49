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
}

/**
 * The CA of a fleet, made at first use: a run that needs none makes none. Its key is one of the fleet's secrets and never leaves the
 * controller. One that is there is only read; what signs is loaded when there is something to sign. `own`: what a CA
 * is for alone, beside the fleet's: whoever believes it believes nobody who has a certificate for something else.
 * @throws SecretsError where the secret is something else than a key with its certificate
 */
export async function openAuthority(secrets: Secrets, fleet: string, check: boolean, own?: string): Promise<Authority> {
  const secret = own === undefined ? authoritySecret : ownAuthoritySecret(own)
  const kept = secrets.show(secret) ?? (check ? undefined : await make(secrets, secret, own === undefined ? fleet : `${fleet} for ${own}`))
  if (kept === undefined)
    return {
      certificate: secrets.get(secret),
      issue: async () => {
        throw new Error('nothing is signed under --check')
      },
    }
  const { key, certificate } = splitPem(kept)
  if (!key || !certificate)
    throw new SecretsError(
      `secret "${secret}" is no private key with its certificate (PEM)`,
      `keep one of yours: secret set ${secret} <FILE`,
    )
  return { certificate, issue: async (request, wish) => (await import('./x509.ts')).issue({ key, certificate }, request, wish) }
}

/** Of two runs that make one at once, both get the one that was kept first. */
async function make(secrets: Secrets, secret: string, name: string): Promise<string> {
  const { key, certificate } = await (await import('./x509.ts')).makeAuthority(name)
  return secrets.get(secret, () => key + certificate)
}
