import { createHash } from 'node:crypto'
import { authoritySecret, parseAuthority, type Trust } from '../authority/authority.ts'
import { quote, words } from '../shell.ts'
import { resource, type Kind, type Resource } from './kind.ts'

interface CertificateSpec {
  /** A link to the folder of the newest one. */
  readonly to: string
  readonly name: string
  readonly addresses: readonly string[]
  /** Of the authority; empty: there is none yet. */
  readonly authority: string
  /** Its members may read the key. */
  readonly group: string
  readonly days: number
}

interface CertificateSeen {
  /** What it was made for. */
  readonly made: string
  /** Seconds since 1970, as the Pi's clock has them. */
  readonly ends: number
  readonly now: number
  /** Its files are as they were made. */
  readonly intact: boolean
}

const files = ['key.pem', 'cert.pem', 'ca.pem', 'both.pem'] as const
/** Renewed when less than this part of its time is left. */
const renewed = 1 / 3

/** What decides whether a certificate is the one that is wanted. */
function fingerprint({ name, addresses, authority }: CertificateSpec): string {
  return createHash('sha256').update(JSON.stringify([name, addresses, authority])).digest('hex').slice(0, 32)
}

const sums = (folder: string) => `(cd ${quote(folder)} && sha256sum -- ${files.join(' ')} && stat -c '%a %U %G %n' -- ${files.join(' ')}) 2>/dev/null | sha256sum`

export const certificateKind: Kind<CertificateSpec, CertificateSeen | undefined> = {
  name: 'certificate',
  label: spec => spec.to,
  ask: specs => specs.map(({ to }, index) => `[ -L ${quote(to)} ] && read -r made ends sum <${quote(`${to}/made`)} && { read -r now _ < <(${sums(to)}); [ "$now" = "$sum" ] && i=intact || i=changed
printf '%s %s %s %s %s\\n' ${index} "$made" "$ends" "$EPOCHSECONDS" "$i"; }`).join('\n'),
  read(output, specs) {
    const seen = new Map(output.split('\n').flatMap(line => {
      const [index, made = '', ends, now, intact] = line.split(' ')
      return intact ? [[Number(index), { made, ends: Number(ends), now: Number(now), intact: intact === 'intact' }] as const] : []
    }))
    return specs.map((_spec, index) => seen.get(index))
  },
  compare(spec, seen) {
    const names = [spec.name, ...spec.addresses.filter(each => each !== spec.name)].join(', ')
    if (!seen) return [{ does: `make a key, and let the fleet's authority sign it for ${names}` }]
    if (seen.made !== fingerprint(spec)) return [{ does: `make it anew: it was for other names or by another authority; now for ${names}` }]
    if (!seen.intact) return [{ does: 'make it anew: its files are not as they were made' }]
    const left = seen.ends - seen.now
    return left < spec.days * 86_400 * renewed ? [{ does: `renew it: it ends on ${new Date(seen.ends * 1000).toISOString().slice(0, 10)}` }] : []
  },
  change(spec) {
    const { to, group } = spec
    const folder = `${to}.new`
    const parent = to.replace(/\/[^/]*$/, '')
    const ours = `find ${quote(parent)} -maxdepth 1 -type d -name ${quote(`${to.replace(/.*\//, '')}-${'[0-9a-f]'.repeat(16)}`)}`
    return [
      {
        run: `rm -rf ${quote(folder)} && mkdir -p ${quote(parent)} && (umask 077 && mkdir ${quote(folder)} && cd ${quote(folder)} &&
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem && openssl req -new -key key.pem -subj ${quote(`/CN=${spec.name}`)} -out request.pem)`,
      },
      {
        async act({ $, secret }) {
          const { issue } = await import('../authority/issue.ts')
          const authority = parseAuthority(secret(authoritySecret))
          const certificate = await issue(authority, (await $`cat ${folder}/request.pem`).stdout, spec)
          for (const [name, text] of [['cert.pem', certificate], ['ca.pem', authority.certificate]] as const) await $`printf %s ${text} >${folder}/${name}`
        },
      },
      {
        // Proven before anything looks at it; one rename makes it the one that counts.
        run: [
          `cd ${quote(folder)}`,
          'openssl verify -CAfile ca.pem cert.pem',
          '[ "$(openssl x509 -in cert.pem -noout -pubkey)" = "$(openssl pkey -in key.pem -pubout)" ]',
          'cat key.pem cert.pem >both.pem && rm request.pem',
          `chown ${quote(`root:${group}`)} . ${files.join(' ')} && chmod 0750 . && chmod 0640 ${files.join(' ')}`,
          `read -r sum _ < <(${sums('.')})`,
          `ends=$(date -d "$(openssl x509 -in cert.pem -noout -enddate | cut -d= -f2)" +%s)`,
          `printf '%s %s %s\\n' ${fingerprint(spec)} "$ends" "$sum" >made && chmod 0644 made && sync ${words([...files, 'made'])} .`,
          `id=$(sha256sum <cert.pem) && id=${quote(to)}-\${id:0:16}`,
          `cd / && rm -rf "$id" && mv -T ${quote(folder)} "$id" && ln -sfn "$id" ${quote(`${to}.link`)}`,
          `{ [ -L ${quote(to)} ] || [ ! -e ${quote(to)} ] || mv -T --backup=numbered ${quote(to)} ${quote(`${to}.before-provision`)}; }`,
          `mv -fT ${quote(`${to}.link`)} ${quote(to)} && sync ${quote(parent)}`,
          `${ours} ! -path "$id" -exec rm -rf {} +`,
        ].join(' && '),
      },
    ]
  },
}

/**
 * A key that is made on the Pi and never leaves it, with a certificate of the fleet's authority for a name and addresses: `key.pem` (PKCS#8), `cert.pem`, `ca.pem` and `both.pem`
 * (key and certificate) in the folder that `to` links to. They are root's; members of `group` may read them. Renewed when a third of `days` is left. Needs the package openssl.
 */
export function certificate(to: string, options: { readonly name: string; readonly addresses: readonly string[]; readonly trust: Trust; readonly group?: string; readonly days?: number }): Resource<CertificateSpec, CertificateSeen | undefined> {
  if (!/^(\/[\w.-]+){2,}$/.test(to)) throw new Error(`a certificate needs a plain absolute path, not ${JSON.stringify(to)}`)
  const { name, addresses, trust, group = 'root', days = 1825 } = options
  return resource(certificateKind, { to, name, addresses, authority: trust.id, group, days })
}
