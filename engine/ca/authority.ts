import { SecretsError } from '../secrets/secrets-error.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { splitPem } from './pem.ts'
import type { Wish } from './x509.ts'

/** The secret that is the fleet's CA: its private key and its certificate, PEM. */
export const authoritySecret = 'fleet/ca'

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
 * The CA of a fleet, made at first use: a run that needs none makes none. Its key is one of the fleet's secrets and never leaves the controller.
 * One that is there is only read; what signs is loaded when there is something to sign.
 * @throws SecretsError where the secret is something else than a key with its certificate
 */
export async function openAuthority(secrets: Secrets, fleet: string, check: boolean): Promise<Authority> {
  const kept = secrets.show(authoritySecret) ?? (check ? undefined : await make(secrets, fleet))
  if (kept === undefined)
    return {
      certificate: secrets.get(authoritySecret),
      issue: async () => {
        throw new Error('nothing is signed under --check')
      },
    }
  const { key, certificate } = splitPem(kept)
  if (!key || !certificate)
    throw new SecretsError(
      `secret "${authoritySecret}" is no private key with its certificate (PEM)`,
      `keep one of yours: secret set ${authoritySecret} <FILE`,
    )
  return { certificate, issue: async (request, wish) => (await import('./x509.ts')).issue({ key, certificate }, request, wish) }
}

/** Of two runs that make one at once, both get the one that was kept first. */
async function make(secrets: Secrets, fleet: string): Promise<string> {
  const { key, certificate } = await (await import('./x509.ts')).makeAuthority(fleet)
  return secrets.get(authoritySecret, () => key + certificate)
}
