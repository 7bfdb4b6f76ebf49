/** A part of SQL text: code, a quoted text or name with its quotes, or a comment. */
export interface Piece {
  readonly kind: 'code' | 'quoted' | 'comment'
  readonly text: string
}

const pattern = /'(?:[^']|'')*'|`(?:[^`]|``)*`|--[^\n]*|\/\*[^]*?\*\/|[^'`/-]+|[^]/g

/** SQL text in its parts; joined they are the text again. A hint (`/*+ … *\/`) is code. */
export function pieces(sql: string): readonly Piece[] {
  return (sql.match(pattern) ?? []).map(text => ({ kind: kindOf(text), text }))
}

function kindOf(text: string): Piece['kind'] {
  if (text.startsWith('--') || (text.startsWith('/*') && !text.startsWith('/*+'))) return 'comment'
  return text.length > 1 && /^['`]/.test(text) ? 'quoted' : 'code'
}
