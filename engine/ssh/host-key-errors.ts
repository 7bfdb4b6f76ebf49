import { Failed } from '../errors.ts'
import { quote } from '../shell.ts'
import { fingerprint, hostPattern, keyType, type KnownHost } from './known-hosts.ts'

/** The error for a key that is not the one known: both fingerprints, and the very command that forgets the old one. */
export function changedKeyError(host: string, port: number, key: Buffer, known: KnownHost): Failed {
  const name = hostPattern(host, port)
  return refused(
    [
      `the host key of ${name} has changed: this may be another machine, or someone in between`,
      `  known: ${known.type} ${fingerprint(known.key)} (${known.file}:${known.line})`,
      `  shown: ${keyType(key) ?? 'unknown type'} ${fingerprint(key)}`,
    ].join('\n'),
    `if the Pi was set up anew, forget its old key: ssh-keygen -R ${quote(name)} -f ${quote(known.file)}`,
  )
}

/** The error for a key that is marked as revoked. */
export function revokedKeyError(host: string, port: number, key: Buffer, entry: KnownHost): Failed {
  return refused(
    `the host key of ${hostPattern(host, port)} is revoked: ${keyType(key) ?? 'unknown type'} ${fingerprint(key)} (${entry.file}:${entry.line})`,
    'give the Pi a new host key, or take the @revoked line away if it is wrong',
  )
}

/** The error for a host that nobody has met before. */
export function unknownKeyError(host: string, port: number, key: Buffer, authority?: KnownHost): Failed {
  const only = authority ? `; ${authority.file}:${authority.line} has a @cert-authority for it, which is not supported here` : ''
  return refused(
    `the host key of ${hostPattern(host, port)} is not known yet: ${keyType(key) ?? 'unknown type'} ${fingerprint(key)}${only}`,
    'compare it with the Pi (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then run again with --accept-new-keys',
  )
}

function refused(message: string, hint: string): Failed {
  return new Failed({ code: 'host-key', message, hint })
}
