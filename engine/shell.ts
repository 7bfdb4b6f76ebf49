/** Quotes one word for a POSIX shell; plain words stay readable. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** Quotes words and joins them with blanks. */
export function words(list: readonly string[]): string {
  return list.map(quote).join(' ')
}

/** Shell text that prints `content` exactly, whatever bytes it has; `base64 -d` is in every Debian's coreutils. */
export function printsBytes(content: string | Uint8Array): string {
  return `base64 -d <<'.'\n${Buffer.from(content)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\n')}.\n`
}

/** Shell text that writes a file, whole or not at all; it is on the card when this ends. */
export function writes(path: string, content: string): string {
  const beside = quote(`${path}.new`)
  return `{ ${printsBytes(content).replace('\n', () => ` >${beside}\n`)}} && sync ${beside} && mv -fT ${beside} ${quote(path)}`
}
