import { X509Certificate } from 'node:crypto'
import type { Authority } from '../engine/ca/authority.ts'
import type { Kept } from '../engine/kept.ts'
import type { Thing } from './things.ts'

/** Days a certificate of the fleet's CA is good: nothing renews it but `rotate`, and `status` warns of its age long before. */
const days = 3650

/** What is kept of a certificate that the fleet's CA signed. */
const nameOf = (host: string, fingerprint: string): string => `${host}.${fingerprint}.crt`

/**
 * Things whose certificates the fleet's CA signs, with these. One that was signed before is the same again, for another one would be another
 * certificate to AWS. @throws Error where a request is not signed with its own key
 */
export async function signedByFleet(things: readonly Thing[], authority: () => Promise<Authority>, kept: Kept): Promise<readonly Thing[]> {
  return Promise.all(
    things.map(async thing =>
      thing.signedBy === 'aws'
        ? thing
        : {
            ...thing,
            certificates: await Promise.all(
              thing.certificates.map(async wanted => ({ ...wanted, pem: await pemOf(thing.name, wanted.request, authority, kept) })),
            ),
          },
    ),
  )
}

async function pemOf(
  host: string,
  { pem, fingerprint }: Thing['certificates'][number]['request'],
  authority: () => Promise<Authority>,
  kept: Kept,
): Promise<string> {
  const name = nameOf(host, fingerprint)
  const ca = await authority()
  const before = kept(name)?.toString('latin1')
  if (before !== undefined && new X509Certificate(before).checkIssued(new X509Certificate(ca.certificate))) return before
  const made = await ca.issue(pem, { subject: host, names: [host], days })
  kept.keep(name, Buffer.from(made))
  return made
}
