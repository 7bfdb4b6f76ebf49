import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import type { Connection } from './connection.ts'
import { KafkaError, refuse } from './errors.ts'
import { saslAuthenticate } from './requests.ts'
import { Writer } from './bytes.ts'

/** SCRAM-SHA-512 in Kafka's numbering of mechanisms. */
export const scramSha512 = 2
/** What Kafka asks for at least: a password of a fleet holds 160 random bits, so that more would only cost its Pis time. */
export const iterations = 4096

const hmac = (key: Uint8Array, text: string) => createHmac('sha512', key).update(text).digest()

/** What a server keeps of a password (RFC 5802: SaltedPassword). */
export const saltedPassword = (password: string, salt: Uint8Array, rounds: number): Buffer =>
  pbkdf2Sync(password, salt, rounds, 64, 'sha512')

/** What the client answers to the server's first message, and the proof it expects from the server. Pure. */
export function proofOf(
  user: string,
  password: string,
  nonce: string,
  serverFirst: string,
): { readonly final: string; readonly server: string } {
  const { r = '', s = '', i = '' } = Object.fromEntries(serverFirst.split(',').map(part => [part.slice(0, 1), part.slice(2)]))
  if (!r.startsWith(nonce)) throw new KafkaError('the server’s number does not begin with ours')
  const salted = saltedPassword(password, Buffer.from(s, 'base64'), Number(i))
  const clientKey = hmac(salted, 'Client Key')
  const withoutProof = `c=biws,r=${r}`
  const message = `n=${user},r=${nonce},${serverFirst},${withoutProof}`
  const signature = hmac(createHash('sha512').update(clientKey).digest(), message)
  const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)))
  return { final: `${withoutProof},p=${proof.toString('base64')}`, server: hmac(hmac(salted, 'Server Key'), message).toString('base64') }
}

/** Logs in with a name and a password. @throws {KafkaError} where they are not right, or the server is not the one that knows them */
export async function logIn(connection: Connection, user: string, password: string): Promise<void> {
  // The one question in the old form.
  const mechanism = new Writer()
  mechanism.int16(13)
  mechanism.bytes(Buffer.from('SCRAM-SHA-512'))
  refuse('SCRAM-SHA-512', (await connection.exchange(17, 1, mechanism.written, false)).int16())
  const nonce = randomBytes(24).toString('base64url')
  const first = await connection.ask(saslAuthenticate, { bytes: Buffer.from(`n,,n=${user},r=${nonce}`) })
  refuse(`login of ${user}`, first.error, first.message)
  const { final, server } = proofOf(user, password, nonce, first.bytes.toString())
  const last = await connection.ask(saslAuthenticate, { bytes: Buffer.from(final) })
  refuse(`login of ${user}`, last.error, last.message)
  if (last.bytes.toString() !== `v=${server}`) throw new KafkaError(`login of ${user}: the server does not know the password either`)
}
