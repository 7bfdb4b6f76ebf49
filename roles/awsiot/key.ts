import { createHash, X509Certificate } from 'node:crypto'
import { quote } from '../../engine/shell.ts'
import type { Shell } from '../../engine/resources/index.ts'
import type { KeyOfAws } from './outputs.ts'

/** What a Pi shows to AWS, under AWS's own names. */
export interface Files {
  readonly key: string
  readonly publicKey: string
  readonly request: string
  readonly certificate: string
  readonly ca: string
  /** Where AWS is reached, in one line. */
  readonly endpoint: string
  /** It is there where AWS made the key: the Pi never takes that one for its own. */
  readonly ofAws: string
}

export const filesIn = (folder: string): Files => ({
  key: `${folder}/private.pem.key`,
  publicKey: `${folder}/public.pem.key`,
  request: `${folder}/request.csr`,
  certificate: `${folder}/certificate.pem.crt`,
  ca: `${folder}/rootCA.pem`,
  endpoint: `${folder}/endpoint`,
  ofAws: `${folder}/key-of-aws`,
})

/** Debian's `ca-certificates` has the roots that sign for AWS IoT's endpoints. */
export const amazonRoots = '/usr/share/ca-certificates/mozilla/Amazon_Root_CA_[1-4].crt'

/** How something is made, and how it is told that it is there. */
interface Made {
  /** Exit 0: it is there. */
  readonly unless: Shell
  readonly run: Shell
}

const isOwn = (path: string, owner: string): Shell =>
  `[ "$(stat -c '%a %U %F' -- ${quote(path)} 2>/dev/null)" = ${quote(`600 ${owner} regular file`)} ]`

/** Puts what `make` writes beside at `path`, as a whole or not at all, for the owner alone. */
function placed(path: string, owner: string, make: (beside: string) => Shell): Shell {
  const beside = quote(`${path}.provision-new`)
  return `rm -f ${beside} && ${make(beside)} && chown ${owner}: ${beside} && chmod 0600 ${beside} && sync ${beside} && mv -fT ${beside} ${quote(path)}`
}

const isKey = ({ key }: Files): Shell => `openssl pkey -in ${quote(key)} -noout 2>/dev/null`
const publicOf = ({ key }: Files): Shell => `openssl pkey -in ${quote(key)} -pubout 2>/dev/null`

/** The private key: made on the Pi, and it never leaves. One that is there stays, unless AWS made it. */
export const privateKey = (files: Files, owner: string): Made => ({
  unless: `[ ! -e ${quote(files.ofAws)} ] && ${isOwn(files.key, owner)} && ${isKey(files)}`,
  run: `umask 077
if [ ! -e ${quote(files.ofAws)} ] && [ -f ${quote(files.key)} ] &&
  [ ! -L ${quote(files.key)} ] && ${isKey(files)}; then chown ${owner}: ${quote(files.key)} && chmod 0600 ${quote(files.key)}
else ${placed(files.key, owner, to => `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${to}`)} && rm -f ${quote(files.ofAws)}
fi`,
})

/** The public key, and what AWS is asked to sign. A request for another key, or a damaged one, is made anew. */
export const request = (files: Files, owner: string, host: string): Made => ({
  unless: `k=$(${publicOf(files)}) && [ -n "$k" ] && [ "$(openssl req -in ${quote(files.request)} -noout -pubkey 2>/dev/null)" = "$k" ] &&
[ "$(cat ${quote(files.publicKey)} 2>/dev/null)" = "$k" ]`,
  run: `umask 077
${placed(files.publicKey, owner, to => `${publicOf(files)} >${to}`)} &&
${placed(files.request, owner, to => `openssl req -new -key ${quote(files.key)} -subj ${quote(`/CN=${host}`)} -out ${to}`)}`,
})

/** What the endpoint's certificate must be signed with. `sources`: a pattern of files. */
export const roots = (files: Files, owner: string, sources = amazonRoots): Made => ({
  unless: `${isOwn(files.ca, owner)} && cat ${sources} 2>/dev/null | cmp -s - ${quote(files.ca)}`,
  run: `umask 077; ${placed(files.ca, owner, to => `cat ${sources} >${to}`)}`,
})

/**
 * The certificate for the key that is there, of those AWS gave for keys of this Pi: while a key is renewed there are two, and one that is
 * gone with a card has one as well. None of them is for the key: what is there stays. @throws Error where one is no certificate
 */
export function certificate(files: Files, owner: string, pems: readonly string[]): Made {
  const forKey = (each: (pem: string) => Shell, none: Shell): Shell =>
    `k=$(${publicOf(files)}); case "$k" in
${pems.map(pem => `${quote(publicKeyOf(pem))})\n${each(pem)}\n;;`).join('\n')}
*) ${none} ;; esac`
  return {
    unless: forKey(pem => `${isOwn(files.certificate, owner)} && printf %s ${quote(pem)} | cmp -s - ${quote(files.certificate)}`, 'true'),
    run: `umask 077; ${forKey(pem => placed(files.certificate, owner, to => `printf %s ${quote(pem)} >${to}`), 'true')}`,
  }
}

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * Key and certificate as AWS made them. The mark comes first and the certificate last: cut anywhere, it ends alike when it is done again.
 * What is there is told by its sum, so that the key goes to the Pi only where it is missing.
 */
export function keyOfAws(files: Files, owner: string, { key, certificate }: Pick<KeyOfAws, 'key' | 'certificate'>): Made {
  const parts: readonly (readonly [string, string])[] = [
    [files.key, key],
    [files.publicKey, `${publicKeyOf(certificate)}\n`],
    [files.certificate, certificate],
  ]
  const isThere = ([path, text]: readonly [string, string]): Shell =>
    `${isOwn(path, owner)} && echo ${sumOf(text)} ${quote(` ${path}`)} | sha256sum -c --status 2>/dev/null`
  return {
    unless: `[ -e ${quote(files.ofAws)} ] && [ ! -e ${quote(files.request)} ] && ${parts.map(isThere).join(' && ')}`,
    run: `umask 077; ${placed(files.ofAws, owner, to => `: >${to}`)} && rm -f ${quote(files.request)} &&
${parts.map(([path, text]) => placed(path, owner, to => `printf %s ${quote(text)} >${to}`)).join(' &&\n')}`,
  }
}

const publicKeyOf = (pem: string): string => new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' }).toString().trim()

/** What AWS destroyed is of no use to the Pi: without it the agent says what is missing. */
export const withoutCertificate = ({ certificate, endpoint }: Files): Made => ({
  unless: `[ ! -e ${quote(certificate)} ] && [ ! -e ${quote(endpoint)} ]`,
  run: `rm -f ${quote(certificate)} ${quote(endpoint)}`,
})

/** Prints of the certificate: `none`, or `other` where it is for another key, else since when it is good, and the time now, in seconds. */
export const certificateText = (files: Files): Shell => `c=${quote(files.certificate)}
if [ ! -s "$c" ] || [ ! -s ${quote(files.endpoint)} ]; then echo none
elif [ "$(openssl x509 -in "$c" -noout -pubkey 2>/dev/null)" != "$(${publicOf(files)})" ]; then echo other
else d=$(openssl x509 -in "$c" -noout -startdate) && printf 'since %s\\n' "$(date -d "\${d#*=}" +%s)"; date +'now %s'
fi`
