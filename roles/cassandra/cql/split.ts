const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\$[^]*?\$\$|--[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/|[^]/g

/** Splits CQL at `;` outside of strings, names and comments; comments are left out. @throws where a quote does not end */
export function splitCql(text: string): string[] {
  const statements: string[] = []
  let statement = ''
  for (const [part] of text.matchAll(token)) {
    if (/^['"]$/.test(part)) throw new Error(`a quote (${part}) does not end`)
    if (part === ';') {
      statements.push(statement)
      statement = ''
    } else statement += /^(--|\/\/|\/\*)/.test(part) ? ' ' : part
  }
  return [...statements, statement].map(each => each.trim()).filter(Boolean)
}
