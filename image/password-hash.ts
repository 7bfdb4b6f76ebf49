import { createHash } from 'node:crypto'
import bcrypt from 'bcryptjs'

/**
 * A crypt(3) hash of a password, of the kind that Debian's libxcrypt knows as $2b$. Its salt comes from a key that only this card has: the
 * same card again is the same to the byte, and no two cards show that they share a password.
 */
export function passwordHash(password: string, hostKey: string): string {
  const salt = createHash('sha256').update(`password salt\0${hostKey}`).digest().subarray(0, 16)
  return bcrypt.hashSync(password, `$2b$10$${bcrypt.encodeBase64([...salt], 16)}`)
}
