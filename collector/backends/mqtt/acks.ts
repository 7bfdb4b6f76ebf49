/** The first byte of a broker's answer to a message of QoS 1. */
const puback = 0x40

/**
 * Takes such answers off the front of what came: nearly all that a broker says to who sends, and the library's parser costs several times as
 * much. Stops at what is something else, or not whole; where that is.
 * @param heard number and reason of each
 */
export function takeAcks(content: Uint8Array, heard: (number: number, reason: number) => void): number {
  let at = 0
  while (at + 4 <= content.length && content[at] === puback) {
    const length = content[at + 1] ?? 0
    const end = at + 2 + length
    // A longer one tells its length in more bytes than one.
    if (length < 2 || length >= 128 || end > content.length) break
    heard(((content[at + 2] ?? 0) << 8) | (content[at + 3] ?? 0), length > 2 ? (content[at + 4] ?? 0) : 0)
    at = end
  }
  return at
}
