import { X509Certificate } from 'node:crypto'
import { statSync } from 'node:fs'
import type { ShownCertificate } from '../backend.ts'

/** Milliseconds between two looks whether another certificate was put in place. */
export const betweenLooks = 2000

/** The code of a file with a certificate that another one has taken the place of since it was shown. */
export const newCertificateCode = 'NEW_CERTIFICATE'

/** Tells the file that is there from the one before, without reading it; undefined: there is none, or nobody may look. */
export function stampOf(path: string): string | undefined {
  try {
    const { ino, mtimeNs } = statSync(path, { bigint: true })
    return `${ino}-${mtimeNs}`
  } catch {
    return undefined
  }
}

/**
 * What a certificate is known by. A CA may date its certificates back, as the fleet's does, so that no Pi's clock is too early for them:
 * then the file's date counts. @throws where it is no certificate, or the file is gone
 */
export function shownOf(pem: string, path: string): ShownCertificate {
  const { fingerprint256, validFrom } = new X509Certificate(pem)
  return {
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    issued: Math.max(Date.parse(validFrom), statSync(path).mtimeMs) / 1000,
  }
}
