import { createPublicKey, X509Certificate } from 'node:crypto'
import type { Act } from '../act.ts'
import type { Authority } from '../ca/authority.ts'
import { namesIn } from '../ca/names.ts'
import { spelled } from '../inventory/address.ts'
import { printsBytes, quote, words } from '../shell.ts'
import { resource, type Kind, type Resource, type Shell } from './kind.ts'

interface CertificateSpec {
  /** Where it is, after its private key: one file, so that no power cut leaves a key with another key's certificate. */
  readonly path: string
  readonly subject: string
  /** DNS names and IP addresses, sorted, each in one spelling. */
  readonly names: readonly string[]
  readonly owner: string
  readonly days: number
  /** A date; one that ends before is renewed. */
  readonly endsAfter: string
  readonly authority: Authority
}

interface CertificateSeen {
  readonly mode: string
  readonly owner: string
  readonly type: string
  /** PEM; empty where there is none. */
  readonly certificate: string
  /** Of the private key, PEM; empty where that cannot be read. */
  readonly publicKey: string
}

const beside = (path: string) => `${path}.provision-new`

/** Makes a private key beside and prints a request for it: the key never leaves the Pi. */
export function requestText({ path }: Pick<CertificateSpec, 'path'>): Shell {
  const folder = path.replace(/\/[^/]*$/, '')
  // Whoever owns the folder could put a link where root writes.
  return `umask 077; [ -d ${quote(folder)} ] || install -d -m 0755 ${quote(folder)}
[ -O ${quote(folder)} ] && [ ! -L ${quote(folder)} ] || { echo ${quote(`${folder} does not belong to root`)} >&2; exit 1; }
rm -f ${quote(beside(path))}
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${quote(beside(path))} &&
openssl req -new -key ${quote(beside(path))} -subj /CN=request`
}

/** Puts the certificate behind its key, and both where they belong. */
export function installText({ path, owner }: Pick<CertificateSpec, 'path' | 'owner'>, certificate: string): Shell {
  const made = quote(beside(path))
  return `umask 077; set -e
${printsBytes(certificate).replace('\n', () => ` >>${made}\n`)}
[ "$(openssl x509 -in ${made} -noout -pubkey)" = "$(openssl pkey -in ${made} -pubout)" ]
chown ${quote(`${owner}:`)} ${made}; chmod 0600 ${made}; sync ${made}; mv -fT ${made} ${quote(path)}`
}

/** The request is signed on the controller: what the Pi says in it counts for nothing but its public key. */
const signed =
  (spec: CertificateSpec): Act =>
  async ({ $ }) => {
    const { stdout } = await $`bash -c ${requestText(spec)}`
    await $`bash -c ${installText(spec, await spec.authority.issue(stdout, spec))}`
  }

export const certificateKind: Kind<CertificateSpec, CertificateSeen | undefined> = {
  name: 'certificate',
  label: spec => spec.path,
  // The certificates are read by the shell itself; only the keys need a program each, to tell that they are theirs.
  ask: specs => `stat -c '%a %U %F|%n' -- ${words(specs.map(({ path }) => path))}
for f in ${words(specs.map(({ path }) => path))}; do [ -f "$f" ] || continue
printf 'of %s\\n' "$f"; on=
while IFS= read -r l; do
  case $l in '-----BEGIN CERTIFICATE-----') on=1 ;; esac; [ -z "$on" ] || printf '%s\\n' "$l"
done <"$f"
openssl pkey -in "$f" -pubout
done`,
  read(output, specs) {
    const [stats = '', ...files] = output.split(/^of (?=\/)/m)
    return specs.map(({ path }) => {
      const rows = stats.split('\n').map(line => /^(\d+) (\S+) ([^|]+)\|(.*)$/.exec(line))
      const [, mode = '', owner = '', type = ''] = rows.find(match => match?.[4] === path) ?? []
      if (mode === '') return undefined
      const text = files.find(part => part.startsWith(`${path}\n`)) ?? ''
      const block = (kind: string) => new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----`).exec(text)?.[0] ?? ''
      return { mode: mode.padStart(4, '0'), owner, type, certificate: block('CERTIFICATE'), publicKey: block('PUBLIC KEY') }
    })
  },
  compare(spec, seen) {
    const why = reason(spec, seen)
    if (why !== undefined) return [{ does: `${why} for ${spec.names.join(', ')}` }]
    if (!seen) return []
    return [
      ...(seen.mode === '0600' ? [] : [{ does: `mode ${seen.mode} → 0600` }]),
      ...(seen.owner === spec.owner ? [] : [{ does: `owner ${seen.owner} → ${spec.owner}` }]),
    ]
  },
  change(spec, seen) {
    if (reason(spec, seen) === undefined)
      return [{ run: `chown ${quote(`${spec.owner}:`)} ${quote(spec.path)} && chmod 0600 ${quote(spec.path)}` }]
    return [{ act: signed(spec) }]
  },
}

/** Why one is made; undefined where the one that is there will do. The controller's clock counts, for a Pi's may be wrong. */
function reason(spec: CertificateSpec, seen: CertificateSeen | undefined): string | undefined {
  if (!seen) return 'create'
  if (!seen.type.startsWith('regular')) return `make anew (it is a ${seen.type})`
  const there = parsed(seen.certificate)
  if (!there) return 'make anew (it is damaged)'
  if (!hasKey(there, seen.publicKey)) return 'make anew (its private key is missing or another)'
  const ca = parsed(spec.authority.certificate)
  if (!ca || !there.checkIssued(ca) || !there.verify(ca.publicKey)) return 'make anew (it is of another CA)'
  if (there.subject !== `CN=${spec.subject}`) return 'make anew (another subject)'
  if ([...namesIn(there.subjectAltName)].sort().join() !== spec.names.join())
    return `make anew (it is for ${namesIn(there.subjectAltName).join(', ')})`
  if (new Date(there.validTo).getTime() < Date.parse(spec.endsAfter))
    return `renew (it ends on ${new Date(there.validTo).toISOString().slice(0, 10)})`
  return undefined
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function hasKey({ publicKey }: X509Certificate, other: string): boolean {
  try {
    return publicKey.equals(createPublicKey(other))
  } catch {
    return false
  }
}

export interface CertificateOptions {
  /** The fleet's CA, from `prepare`. */
  readonly authority: Authority
  readonly subject: string
  /** See `namesOf`. */
  readonly names: readonly string[]
  /** Who may read it, besides root; root by default. */
  readonly owner?: string
  /**
   * How long a new one is good; renewed by the first run in the last third. Five years by default: a home fleet is not provisioned every
   * month.
   */
  readonly days?: number
}

/**
 * A certificate of the fleet's CA with its private key, made on the Pi, in one file (PEM, 0600). Its folder is root's. The Pi needs
 * `openssl`. It depends on what makes the owner; what reads it depends on it.
 */
export function certificate(path: string, options: CertificateOptions): Resource<CertificateSpec, CertificateSeen | undefined> {
  const { authority, subject, names, owner = 'root', days = 1825 } = options
  if (!/^\/[^\n|]*\/[^\n|/]+$/.test(path)) throw new Error(`a certificate needs an absolute path in a folder, not ${JSON.stringify(path)}`)
  const endsAfter = new Date(Date.now() + (days / 3) * 86_400_000).toISOString().slice(0, 10)
  return resource(certificateKind, { path, subject, names: [...new Set(names.map(spelled))].sort(), owner, days, endsAfter, authority })
}
