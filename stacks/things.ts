import { createHash } from 'node:crypto'
import type { Fleet, Host } from '../engine/inventory/types.ts'

/** A producer as AWS knows it. */
export interface Thing {
  /** The host's name: letters, digits and `-`. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** What its certificate is made from; absent: its Pi has made none yet. */
  readonly request?: Request
}

/** A certificate signing request. */
export interface Request {
  /** PEM. */
  readonly pem: string
  /** Tells requests apart: another key is another certificate, beside the one before until that is removed. */
  readonly fingerprint: string
}

/** The role of hosts that are things. */
const thingRole = 'awsiot'

/**
 * The things of a fleet: each host with the role `awsiot`. `requestOf` gives what its Pi asked for.
 * @throws Error where that is no request
 */
export function thingsOf(fleet: Fleet, requestOf: (host: Host) => Buffer | undefined): readonly Thing[] {
  return fleet.hosts
    .filter(({ roles }) => roles.includes(thingRole))
    .map(host => {
      const content = requestOf(host)
      const { location } = host.vars[thingRole] ?? {}
      return {
        name: host.name,
        attributes: {
          ...(host.model !== undefined && { model: attribute(host.model) }),
          location: attribute(typeof location === 'string' ? location : host.name),
        },
        ...(content && { request: parseRequest(content.toString('latin1'), host.name) }),
      }
    })
}

/** A text with only what AWS takes in an attribute. */
export function attribute(text: string): string {
  return text
    .replaceAll('+', 'plus')
    .replaceAll(/[^\w.,@/:#-]+/g, '_')
    .slice(0, 800)
}

const block = /^-----BEGIN (NEW )?CERTIFICATE REQUEST-----\n([A-Za-z0-9+/=\n]+)-----END \1?CERTIFICATE REQUEST-----$/

/**
 * The request of a Pi. Only its base64 is taken: what a Pi says stands in a file that Terraform interprets.
 * @throws Error where it is none
 */
export function parseRequest(text: string, host: string): Request {
  const base64 = block.exec(text.replaceAll('\r', '').trim())?.[2]?.replaceAll('\n', '')
  if (base64 === undefined)
    throw new Error(`what is kept of ${host} is no certificate request; remove it and run: provision ${host} --role ${thingRole}`)
  const lines = base64.match(/.{1,64}/g) ?? []
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`
  return { pem, fingerprint: createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex').slice(0, 12) }
}
