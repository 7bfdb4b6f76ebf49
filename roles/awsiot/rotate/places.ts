import { quote } from '../../../engine/shell.ts'
import type { Shell } from '../../../engine/resources/index.ts'
import { filesIn, privateKey, request } from '../key.ts'
import type { Slot } from './next.ts'

/** Where the keys of a Pi are: the one in use, and those beside it. */
export const placesIn = (folder: string) => ({ current: folder, next: `${folder}/next`, former: `${folder}/former` })

const parts = ['public.pem.key', 'request.csr', 'private.pem.key', 'certificate.pem.crt']

/**
 * Prints of each place that is there `PLACE REQUEST CERTIFICATE`, the fingerprints of what belongs to its key, `-` where nothing does; and
 * `endpoint` where the Pi knows where to connect.
 */
export function asksPlaces(folder: string): Shell {
  const look = `look() { [ -d "$2" ] || return 0
k=$(openssl pkey -in "$2/private.pem.key" -pubout 2>/dev/null); r=-; c=-
if [ -n "$k" ]; then
  [ "$(openssl req -in "$2/request.csr" -noout -pubkey 2>/dev/null)" != "$k" ] || r=$(openssl req -in "$2/request.csr" -outform DER | sha256sum | cut -c1-12)
  [ "$(openssl x509 -in "$2/certificate.pem.crt" -noout -pubkey 2>/dev/null)" != "$k" ] ||
    c=$(openssl x509 -in "$2/certificate.pem.crt" -outform DER | sha256sum | cut -c1-64)
fi
echo "$1 $r $c"; }`
  const places = Object.entries(placesIn(folder)).map(([name, place]) => `look ${name} ${quote(place)}`)
  return `${look}\n${places.join('\n')}\n[ ! -s ${quote(filesIn(folder).endpoint)} ] || echo endpoint`
}

/** Reads what `asksPlaces` prints. */
export function readPlaces(output: string): { readonly [K in 'current' | 'next' | 'former']?: Slot } & { readonly endpoint: boolean } {
  const slots = output.split('\n').flatMap(line => {
    const [, place, request, certificate] = /^(current|next|former) (-|[0-9a-f]{12}) (-|[0-9a-f]{64})$/.exec(line) ?? []
    if (place === undefined) return []
    return [[place, { ...(request !== '-' && { request }), ...(certificate !== '-' && { certificate }) }] as const]
  })
  return { ...Object.fromEntries(slots), endpoint: output.split('\n').includes('endpoint') }
}

/** A new key and its request, beside the one in use; what is there and belongs together stays. */
export function makesNext(folder: string, owner: string, host: string): Shell {
  const { next } = placesIn(folder)
  const steps = [privateKey(filesIn(next), owner), request(filesIn(next), owner, host)]
  return `set -e; install -d -m 0755 ${quote(next)}\n${steps.map(({ unless, run }) => `( ${unless} ) || ( ${run} )`).join('\n')}`
}

/** Prints a request. */
export const printsRequest = (place: string): Shell => `openssl req -in ${quote(filesIn(place).request)}`

/** Puts a certificate beside its key. */
export function placesCertificate(folder: string, owner: string, pem: string): Shell {
  const { certificate } = filesIn(placesIn(folder).next)
  const [beside, at] = [quote(`${certificate}.new`), quote(certificate)]
  return `set -e; umask 077; printf %s ${quote(pem)} >${beside}; chown ${owner}: ${beside}; sync ${beside}; mv -fT ${beside} ${at}`
}

/**
 * Puts what is in `from` in use, and what was in use into `save`; then `from` is no more. The certificate comes last: it is what lets the
 * agent connect anew. Cut anywhere, it ends alike when it is done again, and until then `from` is whole.
 */
function exchanges(folder: string, from: string, save: string): Shell {
  const gone = quote(`${folder}/.gone`)
  const saving = quote(`${folder}/.saving`)
  return `set -e; umask 077; cd ${quote(folder)}
[ -d ${quote(from)} ] || exit 0
rm -rf ${gone} ${saving}
if [ ! -d ${quote(save)} ]; then mkdir -m 0755 ${saving}; cp -p ${parts.join(' ')} ${saving}; sync ${saving} ${saving}/*; mv -T ${saving} ${quote(save)}; fi
for f in ${parts.join(' ')}; do cp -p ${quote(from)}/"$f" ".$f.new"; sync ".$f.new"; mv -fT ".$f.new" "$f"; done
sync .; mv -T ${quote(from)} ${gone}; sync .; rm -rf ${gone}`
}

/** The new ones in use. */
export const switches = (folder: string): Shell => exchanges(folder, placesIn(folder).next, placesIn(folder).former)
/** Those of before in use again. */
export const putsBack = (folder: string): Shell => exchanges(folder, placesIn(folder).former, placesIn(folder).next)

/** Takes a place away, with its key. */
export function removes(folder: string, place: 'next' | 'former'): Shell {
  const gone = quote(`${folder}/.gone`)
  const at = quote(placesIn(folder)[place])
  return `set -e; rm -rf ${gone} ${quote(`${folder}/.saving`)}; [ ! -d ${at} ] || { mv -T ${at} ${gone} && sync ${quote(folder)} && rm -rf ${gone}; }`
}
