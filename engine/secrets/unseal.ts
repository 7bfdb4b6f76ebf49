import { createDecipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, timingSafeEqual } from 'node:crypto'
import { bech32 } from '@scure/base'
import { openWithLibrary } from './seal.ts'

const label = 'age-encryption.org/v1/X25519'
const chunk = 64 * 1024
const tag = 16

/** A file that none of the identities can open. */
export class WrongIdentity extends Error {}

/**
 * Decrypts an age file.
 *
 * Every run reads secrets, and loading the age library costs more than all else in reading them (60-100 ms against 2).
 * So the common case, a binary file for an X25519 identity, is read here with the cryptography that node brings;
 * everything else goes to the library. Writing is always the library's.
 * @throws WrongIdentity when no identity fits; Error when the file is damaged.
 */
export function unseal(data: Uint8Array, identities: readonly string[]): string {
  const native = identities.every(identity => identity.startsWith('AGE-SECRET-KEY-1'))
  const file = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (!native || !file.subarray(0, 22).equals(Buffer.from('age-encryption.org/v1\n'))) {
    try {
      return openWithLibrary(data, identities)
    } catch (error) {
      if (/no identity matched/i.test(String(error))) throw new WrongIdentity()
      throw error
    }
  }
  const header = parseHeader(file)
  const fileKey = identities.map(identity => unwrap(header.stanzas, identity)).find(key => key !== undefined)
  if (!fileKey) throw new WrongIdentity()
  const mac = createHmac('sha256', derive(fileKey, Buffer.alloc(0), 'header'))
    .update(header.signed)
    .digest()
  if (mac.length !== header.mac.length || !timingSafeEqual(mac, header.mac)) throw damaged()
  const nonce = header.body.subarray(0, 16)
  return decryptChunks(header.body.subarray(16), derive(fileKey, nonce, 'payload')).toString('utf8')
}

interface Stanza {
  readonly type: string
  readonly args: readonly string[]
  readonly body: Buffer
}

function parseHeader(file: Buffer): { stanzas: readonly Stanza[]; signed: Buffer; mac: Buffer; body: Buffer } {
  const stanzas: Stanza[] = []
  let at = file.indexOf('\n') + 1
  const line = (): string => {
    const end = file.indexOf('\n', at)
    if (end < 0) throw damaged()
    const text = file.toString('latin1', at, end)
    at = end + 1
    return text
  }
  for (;;) {
    const start = at
    const first = line()
    if (first.startsWith('--- ')) {
      const signed = file.subarray(0, start + 3)
      return { stanzas, signed, mac: decode(first.slice(4)), body: file.subarray(at) }
    }
    const [arrow, type = '', ...args] = first.split(' ')
    if (arrow !== '->') throw damaged()
    let body = ''
    for (let text = line(); ; text = line()) {
      body += text
      if (text.length < 64) break
    }
    stanzas.push({ type, args, body: decode(body) })
  }
}

// Our identity's key on the one side, the sender's throw-away key in the file on the other: together they unwrap the file key.
function unwrap(stanzas: readonly Stanza[], identity: string): Buffer | undefined {
  const { prefix, bytes } = bech32.decodeToBytes(identity)
  if (prefix.toUpperCase() !== 'AGE-SECRET-KEY-' || bytes.length !== 32) throw new Error('not an age identity')
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), bytes])
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)
  for (const { type, args, body } of stanzas) {
    if (type !== 'X25519') continue
    const share = decode(args[0] ?? '')
    if (args.length !== 1 || share.length !== 32 || body.length !== 32) throw damaged()
    const spki = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), share])
    const shared = diffieHellman({ privateKey, publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }) })
    const key = decrypt(derive(shared, Buffer.concat([share, own]), label), Buffer.alloc(12), body)
    if (key) return key
  }
  return undefined
}

function decryptChunks(sealed: Buffer, key: Buffer): Buffer {
  const plain: Buffer[] = []
  const nonce = Buffer.alloc(12)
  for (let at = 0, count = 0; ; count++) {
    const end = Math.min(at + chunk + tag, sealed.length)
    const last = end === sealed.length
    nonce.writeUIntBE(count, 5, 6)
    nonce[11] = last ? 1 : 0
    const text = decrypt(key, nonce, sealed.subarray(at, end))
    // An empty last part is right only in an empty file: otherwise one could be cut off unseen.
    if (!text || (last && count > 0 && text.length === 0)) throw damaged()
    plain.push(text)
    if (last) return Buffer.concat(plain)
    at = end
  }
}

function decrypt(key: Buffer, nonce: Buffer, sealed: Buffer): Buffer | undefined {
  if (sealed.length < tag) return undefined
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: tag })
  decipher.setAuthTag(sealed.subarray(-tag))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -tag)), decipher.final()])
  } catch {
    return undefined
  }
}

function derive(secret: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, 32))
}

// The format allows one spelling only; node alone would take several for the same bytes.
function decode(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') !== base64) throw damaged()
  return bytes
}

function damaged(): Error {
  return new Error('the file is damaged')
}
