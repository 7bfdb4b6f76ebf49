import { createHash } from 'node:crypto'
import type { Kept } from '../../engine/kept.ts'
import { renewalNames, requestName } from './names.ts'

/** A certificate signing request. */
export interface Request {
  /** PEM. */
  readonly pem: string
  /** Tells requests apart: another request is another certificate, beside the one before until that is removed. */
  readonly fingerprint: string
}

const block = /^-----BEGIN (NEW )?CERTIFICATE REQUEST-----\n([A-Za-z0-9+/=\n]+)-----END \1?CERTIFICATE REQUEST-----$/

/**
 * The request of a Pi. Only its base64 is taken: what a Pi says stands in a file that Terraform interprets.
 * @throws Error where it is none
 */
export function parseRequest(text: string, host: string): Request {
  const base64 = block.exec(text.replaceAll('\r', '').trim())?.[2]?.replaceAll('\n', '')
  if (base64 === undefined)
    throw new Error(`what is kept of ${host} is no certificate request; remove it and run: provision ${host} --role awsiot`)
  const lines = base64.match(/.{1,64}/g) ?? []
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`
  return { pem, fingerprint: createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex').slice(0, 12) }
}

/** The requests that are kept of a host. */
export interface KeptRequests {
  /** The one its Pi had when it was provisioned last. */
  readonly current?: Request
  /** The one of the key that is to come. */
  readonly next?: Request
  /** The one of the key before, whose certificate is good until the new one is proven. */
  readonly former?: Request
  /** The same when the new one is proven: its certificate is to be shut out. */
  readonly retired?: Request
}

/** What is kept of a host. @throws Error where that is no request */
export function keptRequests(kept: (name: string) => Buffer | undefined, host: string): KeptRequests {
  const { next, former, retired } = renewalNames(host)
  const names = { current: requestName(host), next, former, retired }
  return Object.fromEntries(
    Object.entries(names).flatMap(([part, name]) => {
      const content = kept(name)
      return content ? [[part, parseRequest(content.toString('latin1'), host)]] : []
    }),
  )
}

/** A certificate that is to be there. */
export interface Wanted {
  readonly request: Request
  /** One that is not lets nobody in, and can be made good again. */
  readonly active: boolean
}

/** The certificates a host is to have; one that anything still needs is active. */
export function wantedOf({ current, next, former, retired }: KeptRequests): readonly Wanted[] {
  const wanted = new Map<string, Wanted>()
  for (const request of [current, next, former]) if (request) wanted.set(request.fingerprint, { request, active: true })
  if (retired && !wanted.has(retired.fingerprint)) wanted.set(retired.fingerprint, { request: retired, active: false })
  return [...wanted.values()]
}

/** Keeps a request, or nothing any more, as one part of a host's. */
export function keepRequest(kept: Kept, host: string, part: keyof KeptRequests, request: Request | undefined): void {
  const name = part === 'current' ? requestName(host) : renewalNames(host)[part]
  if (request) kept.keep(name, Buffer.from(request.pem))
  else kept.drop(name)
}
