import { X509Certificate } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { keptFolder } from '../kept.ts'

/** A certificate the fleet's CA has signed. */
export interface Issued {
  /** When, by the controller's clock, ISO 8601. */
  readonly at: string
  readonly subject: string
  readonly names: readonly string[]
  /** Its number, in hexadecimal: what it is revoked by. */
  readonly serial: string
}

/** Where it is noted, a JSON line each: the card that a certificate was on may be the one that is lost. */
export const issuedFile = (inventory: string): string => path.join(keptFolder(inventory), 'ca', 'issued.jsonl')

/** Notes a certificate (PEM) before it is given away. @throws Error of the file system */
export function noteIssued(inventory: string, subject: string, names: readonly string[], certificate: string, now = new Date()): void {
  const file = issuedFile(inventory)
  const issued: Issued = { at: now.toISOString(), subject, names, serial: new X509Certificate(certificate).serialNumber }
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  appendFileSync(file, `${JSON.stringify(issued)}\n`, { mode: 0o600 })
}
