import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { globMatches } from './glob.ts'

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly file: string
  /** Counts from 1. */
  readonly line: number
  readonly marker?: 'revoked' | 'cert-authority'
  /** Names and patterns, or one hashed name, as written. */
  readonly hosts: string
  /** As in the key itself, e.g. `ssh-ed25519`. */
  readonly type: string
  readonly key: Buffer
}

/** What known_hosts says of a key that a host shows. */
export type Verdict =
  | { readonly is: 'known' }
  | { readonly is: 'unknown' }
  /** The key is marked `@revoked`: never to be trusted, whatever else the file says. */
  | { readonly is: 'revoked'; readonly entry: KnownHost }
  /** The host is known, with other keys; `entry` is the one of the same type, or else the first. */
  | { readonly is: 'changed'; readonly entry: KnownHost }

/** The lines of a known_hosts file that hold a key. Lines that OpenSSH would not understand either are passed over, as it does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const fields = line.trim().split(/\s+/)
    if (fields[0] === undefined || fields[0] === '' || fields[0].startsWith('#')) return []
    const marker = fields[0].startsWith('@') ? fields.shift()?.slice(1) : undefined
    if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return []
    const [hosts, type, base64] = fields
    if (hosts === undefined || type === undefined || base64 === undefined) return []
    const key = Buffer.from(base64, 'base64')
    if (keyType(key) !== type) return []
    return [{ file, line: index + 1, ...(marker !== undefined && { marker }), hosts, type, key }]
  })
}

/** The lines that speak of a host, certificate authorities and revoked keys among them. */
export function lookup(entries: readonly KnownHost[], host: string, port: number): readonly KnownHost[] {
  const name = hostPattern(host, port)
  return entries.filter(entry => matches(entry.hosts, name))
}

/**
 * Judges the key a host shows. Stricter than OpenSSH in one point: a host with known keys that shows one of another
 * type counts as changed, because we ask for the known types first and a host that has them would have shown one.
 */
export function verify(entries: readonly KnownHost[], host: string, port: number, key: Buffer): Verdict {
  const lines = lookup(entries, host, port)
  const bare = port === 22 ? lines : lookup(entries, host, 22)
  const revoked = [...lines, ...bare].find(entry => entry.marker === 'revoked' && same(entry.key, key))
  if (revoked) return { is: 'revoked', entry: revoked }
  const known = lines.filter(entry => entry.marker === undefined)
  if (known.some(entry => same(entry.key, key))) return { is: 'known' }
  const type = keyType(key)
  const entry = known.find(candidate => candidate.type === type) ?? known[0]
  if (entry) return { is: 'changed', entry }
  // As OpenSSH does: a host whose sshd moved to another port is still itself, when it still has its key.
  const moved = bare.some(candidate => candidate.marker === undefined && same(candidate.key, key))
  return { is: moved ? 'known' : 'unknown' }
}

/** Lines for this host that only a certificate could satisfy; the SSH library in use has no host certificates. */
export function unsupportedAuthorities(entries: readonly KnownHost[], host: string, port: number): readonly KnownHost[] {
  return lookup(entries, host, port).filter(entry => entry.marker === 'cert-authority')
}

const preference = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const

/** A host key algorithm, in the names of ssh2. */
export type HostKeyAlgorithm = (typeof preference)[number]

/** Algorithms whose keys are known for a host, best first; none when the host is unknown. */
export function knownAlgorithms(entries: readonly KnownHost[], host: string, port: number): readonly HostKeyAlgorithm[] {
  const lines = lookup(entries, host, port).filter(entry => entry.marker === undefined)
  const source = lines.length > 0 || port === 22 ? lines : lookup(entries, host, 22).filter(entry => entry.marker === undefined)
  const types = new Set(source.map(entry => entry.type))
  // One RSA key signs in three ways.
  return preference.filter(name => types.has(name) || (name.startsWith('rsa-sha2-') && types.has('ssh-rsa')))
}

/**
 * All algorithms, those known for the host first: for ssh2's `algorithms.serverHostKey`. In its own order the host
 * might show a key we do not know although it has the one we do.
 */
export function hostKeyOrder(entries: readonly KnownHost[], host: string, port: number): readonly HostKeyAlgorithm[] {
  return [...new Set([...knownAlgorithms(entries, host, port), ...preference])]
}

/** A line for known_hosts, without the newline; `hash` hides the host's name the way HashKnownHosts does. */
export function knownHostLine(host: string, port: number, key: Buffer, options: { readonly hash?: boolean } = {}): string {
  const name = hostPattern(host, port)
  return `${options.hash ? hashName(name, randomBytes(20)) : name} ${keyType(key) ?? ''} ${key.toString('base64')}`
}

/** `SHA256:…`, the way ssh and ssh-keygen print it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The type a public key says it is of, e.g. `ssh-rsa`; undefined when the bytes are no key. */
export function keyType(key: Buffer): string | undefined {
  if (key.length < 8) return undefined
  const length = key.readUInt32BE(0)
  if (length === 0 || length > 64 || key.length <= 4 + length) return undefined
  const type = key.toString('latin1', 4, 4 + length)
  return /^[\w@.-]+$/.test(type) ? type : undefined
}

/** Name of a host in known_hosts: the bare name at port 22, `[name]:port` elsewhere. */
export function hostPattern(host: string, port: number): string {
  const name = host.toLowerCase()
  return port === 22 ? name : `[${name}]:${port}`
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name)
  let found = false
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!')
    if (!globMatches(negated ? pattern.slice(1) : pattern, name)) continue
    // One "not this one" outweighs every match of the line.
    if (negated) return false
    found = true
  }
  return found
}

function matchesHash(hashed: string, name: string): boolean {
  const [, version, salt, hash] = hashed.split('|')
  if (version !== '1' || salt === undefined || hash === undefined) return false
  return same(Buffer.from(hash, 'base64'), hmac(name, Buffer.from(salt, 'base64')))
}

function hashName(name: string, salt: Buffer): string {
  return `|1|${salt.toString('base64')}|${hmac(name, salt).toString('base64')}`
}

function hmac(name: string, salt: Buffer): Buffer {
  return createHmac('sha1', salt).update(name).digest()
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
