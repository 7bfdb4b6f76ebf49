import { randomInt } from 'node:crypto'

// Without 0 O o, 1 l I: a password may have to be typed from a screen. All of them are plain to shells, URLs and SQL.
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A random password of `length` letters and digits; 28 of them hold more than 160 bits. */
export function makePassword(length = 28): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}
