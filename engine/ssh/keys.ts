import { readFile } from 'node:fs/promises'
import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2'
import type { SshHop } from './config.ts'
import { Unreachable } from './errors.ts'

/** What an identity file is good for. */
interface IdentityKey {
  readonly file: string
  /** It can log in by itself: there is a private key, without a passphrase. */
  readonly usable?: Buffer
  /** Its public half, by which an agent that has the private one knows it. */
  readonly blob?: Buffer
}

/**
 * With what to log in, best first: keys from files, then the agent's (those with a passphrase are the agent's to use). Where only the files
 * named may be offered, the agent offers those of its keys that the files name.
 * @throws Unreachable where there is none, with what to do about it
 */
export async function loginMethods(hop: SshHop): Promise<readonly AnyAuthMethod[]> {
  const keys = await Promise.all(hop.identities.map(readIdentity))
  const files = keys.flatMap(({ usable }): AnyAuthMethod[] => (usable ? [{ type: 'publickey', username: hop.user, key: usable }] : []))
  const named = keys.flatMap(({ usable, blob }) => (blob && !usable ? [blob] : []))
  const offered =
    hop.agent === undefined || (hop.identitiesOnly && named.length === 0)
      ? undefined
      : hop.identitiesOnly
        ? new NamedKeysAgent(hop.agent, named)
        : hop.agent
  // ssh2's own first try without any key would cost a round trip.
  const methods = [...files, ...(offered ? [{ type: 'agent', username: hop.user, agent: offered } as AnyAuthMethod] : [])]
  if (methods.length > 0) return methods
  const [locked] = keys.filter(({ usable, blob }) => blob && !usable)
  throw locked
    ? new Unreachable(
        `the key ${locked.file} for ${hop.name} has a passphrase, and no agent holds it`,
        `start one and give it the key: eval "$(ssh-agent)"; ssh-add ${locked.file.replace(/\.pub$/, '')}`,
      )
    : new Unreachable(
        `there is no key to log in to ${hop.name} with`,
        `make one and bring it there: ssh-keygen -t ed25519; ssh-copy-id ${hop.user}@${hop.address}`,
      )
}

async function readIdentity(file: string): Promise<IdentityKey> {
  const content = await readFile(file).catch(() => undefined)
  const key = content && parsed(content)
  if (content && key?.isPrivateKey()) return { file, usable: content, blob: key.getPublicSSH() }
  const half = key ?? parsed(await readFile(`${file}.pub`).catch(() => undefined))
  const blob = half?.getPublicSSH() ?? (content && publicHalf(content.toString('latin1')))
  return { file, ...(blob && { blob }) }
}

function parsed(content: Buffer | undefined): ParsedKey | undefined {
  const key = content && (ssh2.utils.parseKey(content) as ParsedKey | readonly ParsedKey[] | Error)
  if (key === undefined || key instanceof Error) return undefined
  return 'type' in key ? key : key[0]
}

/** The public key in an OpenSSH private key file: it stands there in clear also where the private one is encrypted. */
export function publicHalf(text: string): Buffer | undefined {
  const [, body] = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(text) ?? []
  const bytes = Buffer.from(body ?? '', 'base64')
  const magic = 'openssh-key-v1\0'
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined
  let at = magic.length
  const next = (): Buffer => {
    const end = at + 4 + bytes.readUInt32BE(at)
    const value = bytes.subarray(at + 4, end)
    at = end
    return value
  }
  try {
    // Cipher, key derivation, its options; how many keys there are.
    for (let skipped = 0; skipped < 3; skipped++) next()
    at += 4
    return next()
  } catch {
    return undefined
  }
}

/** An agent of which only some keys are offered. */
class NamedKeysAgent extends ssh2.OpenSSHAgent {
  readonly #named: readonly Buffer[]

  constructor(socket: string, named: readonly Buffer[]) {
    super(socket)
    this.#named = named
  }

  override getIdentities(done: Parameters<ssh2.OpenSSHAgent['getIdentities']>[0]): void {
    super.getIdentities((error, keys) => {
      const offered = (keys ?? []).filter(key => {
        const known = parsed(Buffer.isBuffer(key) ? key : undefined) ?? (key as ParsedKey)
        return this.#named.some(blob => blob.equals(known.getPublicSSH()))
      })
      done(error, offered)
    })
  }
}
