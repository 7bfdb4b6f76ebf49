/** Does an OpenSSH pattern (`*` and `?`) fit the whole of a text? */
export function globMatches(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === text
  const source = pattern.replace(/\*+|[^]/g, part => {
    if (part.startsWith('*')) return '.*'
    return part === '?' ? '.' : part.replace(/[\\^$.+()[\]{}|]/, String.raw`\$&`)
  })
  return new RegExp(`^${source}$`, 's').test(text)
}
