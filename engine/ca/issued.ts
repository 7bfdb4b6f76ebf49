import { X509Certificate } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Host } from '../inventory/types.ts'
import { keptFolder } from '../kept.ts'
import { writeWhole } from '../whole-file.ts'
import { namesOf } from './names.ts'

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

/** Certificates that were noted, the oldest first. A line that a power cut left half written is none. */
export function issuedOf(inventory: string): readonly Issued[] {
  return linesOf(issuedFile(inventory)).flatMap(line => {
    try {
      return [JSON.parse(line) as Issued]
    } catch {
      return []
    }
  })
}

/** Where it is noted which certificates are taken back, a number and the host it was for each. */
const revokedFile = (inventory: string): string => path.join(keptFolder(inventory), 'ca', 'revoked.txt')

/** Numbers of certificates that the fleet's CA takes back, in hexadecimal. */
export const revokedOf = (inventory: string): readonly string[] =>
  linesOf(revokedFile(inventory)).flatMap(line => /^([0-9A-F]+) /.exec(line)?.[1] ?? [])

/**
 * Takes back what was issued for a host before a moment: the keys lay on a card that is gone. Those that are taken back already stay so.
 * Resolves with how many it took back now.
 */
export function revokeIssued(inventory: string, host: Pick<Host, 'name' | 'address'>, before: Date): number {
  const done = new Set(revokedOf(inventory))
  const names = namesOf(host)
  const its = issuedOf(inventory).filter(
    ({ at, names: of, serial }) => Date.parse(at) < before.getTime() && of.join() === [...names].sort().join() && !done.has(serial),
  )
  if (its.length === 0) return 0
  const file = revokedFile(inventory)
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const said = existsSync(file) ? readFileSync(file, 'utf8') : ''
  writeWhole(file, `${said}${its.map(({ serial, subject, at }) => `${serial} ${host.name} ${subject} ${at}\n`).join('')}`, { mode: 0o600 })
  return its.length
}

const linesOf = (file: string): readonly string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [])
