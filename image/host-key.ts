import ssh2, { type ParsedKey } from 'ssh2'
import { Failed } from '../engine/errors.ts'
import { appendKnownHost, forgetKnownHost, readKnownHosts } from '../engine/ssh/known-hosts-file.ts'
import { verify } from '../engine/ssh/known-hosts.ts'
import type { SshTarget } from '../engine/ssh/config.ts'

/** The key by which a Pi is known, as files hold it and as it goes over the wire. */
export interface HostKey {
  readonly private: string
  readonly public: string
  readonly blob: Buffer
}

/** A new host key, Ed25519, in OpenSSH's format. */
export function makeHostKey(host: string): string {
  for (;;) {
    const { private: key } = ssh2.utils.generateKeyPairSync('ed25519', { comment: host })
    // ssh2 1.17 leaves out a zero at the begin of a key's number: one key of 256 can be read by nobody, OpenSSH among them.
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key
  }
}

/** @throws Failed where it is none */
export function readHostKey(text: string, host: string): HostKey {
  const read = ssh2.utils.parseKey(text) as ParsedKey | Error
  if (read instanceof Error || !read.isPrivateKey()) {
    throw new Failed({
      code: 'secrets',
      message: `the secret ${hostKeySecret(host)} is no private key`,
      hint: `set it anew: secret set ${hostKeySecret(host)}`,
    })
  }
  const blob = read.getPublicSSH()
  return { private: text.endsWith('\n') ? text : `${text}\n`, public: `${read.type} ${blob.toString('base64')} ${host}`, blob }
}

/** The secret of the fleet that a host's key is kept in: a card written anew is the same Pi. */
export function hostKeySecret(host: string): string {
  return `ssh-host-key/${host}`
}

/**
 * Writes the key down where the first connection looks, so that it has to trust nothing. `replaces`: in place of the keys its former card
 * was known by, which nobody has any more.
 * @returns the file, or undefined where it was there already
 * @throws Failed (`known-hosts`) where the Pi is known by another key, or nothing is remembered
 */
export async function pin(
  target: SshTarget,
  key: HostKey,
  { from = target.knownHosts, replaces = false }: { readonly from?: readonly string[]; readonly replaces?: boolean } = {},
): Promise<string | undefined> {
  const { host, port } = target.knownAs
  const [file] = from
  if (file === undefined) throw new Failed({ code: 'known-hosts', message: 'ssh is told to remember no host keys (UserKnownHostsFile)' })
  const verdict = verify(await readKnownHosts([...from, ...target.globalKnownHosts]), host, port, key.blob)
  if (verdict.is === 'known') return undefined
  if (verdict.is === 'changed' && replaces) await forgetKnownHost(from, host, port)
  else if (verdict.is !== 'unknown') {
    const { entry } = verdict
    const name = port === 22 ? host : `[${host}]:${port}`
    throw new Failed({
      code: 'known-hosts',
      message: `${host} is known by another key, ${entry.file}:${entry.line}: that of the card it had before, or of another machine`,
      hint: `if the new card takes its place: ssh-keygen -R '${name}' -f ${entry.file}, then again`,
    })
  }
  return (await appendKnownHost(file, host, port, key.blob)) ? file : undefined
}
