import { createHash } from 'node:crypto'

/** A public key in SSH's wire format: right in its outer shape, with made-up numbers that depend on `seed`. */
export function publicKey(type: string, seed: string): Buffer {
  const field = (data: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    return Buffer.concat([length, data])
  }
  return Buffer.concat([field(Buffer.from(type)), field(createHash('sha256').update(seed).digest())])
}

export const ed25519 = publicKey('ssh-ed25519', 'ed25519')
export const rsa = publicKey('ssh-rsa', 'rsa')
export const ecdsa = publicKey('ecdsa-sha2-nistp256', 'ecdsa')
export const other = publicKey('ssh-ed25519', 'other')

/** A line of known_hosts. */
export function line(hosts: string, key: Buffer, marker = ''): string {
  const type = key.toString('latin1', 4, 4 + key.readUInt32BE(0))
  return `${marker && `${marker} `}${hosts} ${type} ${key.toString('base64')}`
}
