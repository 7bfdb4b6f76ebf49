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
