/**
 * Does an OpenSSH pattern fit the whole of a text? It knows `*` and `?` and nothing else: brackets and braces are themselves,
 * `[10.0.0.*]:2222` is a usual one. A library for file names needs ten switches to be that narrow, and decides here which host key is
 * trusted.
 */
export function globMatches(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === text
  const source = pattern.replace(/\*+|[^]/g, part => {
    if (part.startsWith('*')) return '.*'
    return part === '?' ? '.' : part.replace(/[\\^$.+()[\]{}|]/, String.raw`\$&`)
  })
  return new RegExp(`^${source}$`, 's').test(text)
}
