/** Text that is HTML already; everything else is escaped where it enters. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

type Part = Html | string | number | readonly Html[]

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** A text as HTML shows it, whatever is in it; in an attribute in quotes, too. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => escapes[character] ?? character)
}

/** HTML from a template: what is put in is escaped, but for HTML that was made so. */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const filled = parts.map(part => {
    if (part instanceof Html) return part.text
    return typeof part === 'object' ? part.map(({ text }) => text).join('') : escaped(String(part))
  })
  return new Html(pieces.map((piece, index) => piece + (filled[index] ?? '')).join(''))
}

/** Data in a script element: no text in it ends the element. */
export function dataScript(id: string, data: unknown): Html {
  const json = JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return new Html(`<script type="application/json" id="${escaped(id)}">${json}</script>`)
}
