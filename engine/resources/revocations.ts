import { createHash } from 'node:crypto'
import type { Authority } from '../ca/authority.ts'
import { words, writes } from '../shell.ts'
import { resource, type Kind, type Resource } from './kind.ts'

interface RevocationsSpec {
  readonly path: string
  /** Numbers of certificates, in capitals, sorted. */
  readonly serials: readonly string[]
  readonly authority: Authority
}

const sum = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Says before the list of which CA it is and what is on it, and its sum: a signature is another one each time. */
export const headOf = ({ serials, authority }: Pick<RevocationsSpec, 'serials' | 'authority'>, list: string): string =>
  `# CA ${sum(authority.certificate)}, takes back: ${serials.join(' ')}\n# ${sum(list.trimEnd())}\n`

export const revocationsKind: Kind<RevocationsSpec, string | undefined> = {
  name: 'revocations',
  label: spec => spec.path,
  ask: specs => `for f in ${words(specs.map(({ path }) => path))}; do [ ! -f "$f" ] || { printf 'of %s\\n' "$f"; cat "$f"; }; done`,
  read(output, specs) {
    const files = output.split(/^of (?=\/)/m)
    return specs.map(({ path }) => files.find(part => part.startsWith(`${path}\n`))?.slice(path.length + 1))
  },
  compare(spec, seen) {
    if (seen === undefined) return [{ does: `create, with ${counted(spec)}` }]
    const [first = '', second = '', ...list] = seen.split('\n')
    if (`${first}\n${second}\n` === headOf(spec, list.join('\n'))) return []
    return [{ does: `make anew, with ${counted(spec)}` }]
  },
  change(spec) {
    return [
      {
        async act({ $ }) {
          const list = await spec.authority.revoke(spec.serials)
          await $`bash -c ${`umask 022; ${writes(spec.path, headOf(spec, list) + list)}`}`
        },
      },
    ]
  },
}

const counted = ({ serials }: RevocationsSpec): string =>
  serials.length === 0 ? 'no certificate on it' : `${serials.length} ${serials.length === 1 ? 'certificate' : 'certificates'} on it`

/**
 * The list of certificates of the fleet's CA that are taken back (CRL, PEM). Its folder is there and root's; what reads it depends on it.
 * `serials` in hexadecimal.
 */
export function revocations(
  path: string,
  { authority, serials }: { readonly authority: Authority; readonly serials: readonly string[] },
): Resource<RevocationsSpec, string | undefined> {
  return resource(revocationsKind, { path, authority, serials: [...new Set(serials.map(each => each.toUpperCase()))].sort() })
}
