import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PeerCertificate } from 'node:tls'
import { expect, test } from 'vitest'
import { tlsOfSeveral } from '../../../collector/backends/tls.ts'

const certificate = (subjectaltname: string) => ({ subject: { CN: 'x' }, subjectaltname }) as unknown as PeerCertificate

test('one of several servers shows a certificate for its address, or for one of their names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'))
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, 'the CA')
  try {
    const of = (names: readonly string[], found: string, shown: string) =>
      tlsOfSeveral({ ca, names }).checkServerIdentity(found, certificate(shown)) === undefined
    expect(of([], '10.0.0.1', 'DNS:a, IP Address:10.0.0.1')).toBe(true)
    expect(of([], '10.0.0.2', 'DNS:a, IP Address:10.0.0.1')).toBe(false)
    // Nodes tell each other's addresses, the inventory has names.
    expect(of(['a.local', 'b.local'], '10.0.0.2', 'DNS:b, DNS:b.local')).toBe(true)
    expect(of(['a.local', 'b.local'], '10.0.0.2', 'DNS:producer1.local')).toBe(false)
    // A node that is new in the ring, and that this producer was not told of yet.
    expect(of(['10.0.0.1'], '10.0.0.3', 'DNS:c, IP Address:10.0.0.3')).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
