const token = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\$[^]*?\$\$|--[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/|[^]/g
const word = /^\s*(login|claim)\s+(\[[^]*\])\s*$/

/** What one line of ours says: `login ["USER","PASSWORD"]` or `claim ["USER","PASSWORD"]`. */
function wordOf(line) {
  const [, name, list] = word.exec(line) ?? []
  if (name === undefined) return undefined
  const [user, password] = JSON.parse(list)
  if (typeof user !== 'string' || typeof password !== 'string') throw new Error(`${name} wants ["USER","PASSWORD"]`)
  return { word: name, user, password }
}

/** Splits CQL at `;` outside of strings, names and comments; comments are left out. Throws where a quote does not end. */
function splitCql(text) {
  const statements = ['']
  for (const [part] of text.matchAll(token)) {
    if (/^['"]$/.test(part)) throw new Error(`a quote (${part}) does not end`)
    if (part === ';') statements.push('')
    else if (/^(--|\/\/|\/\*)/.test(part)) statements[statements.length - 1] += ' '
    else statements[statements.length - 1] += part
  }
  return statements.map(statement => statement.trim()).filter(Boolean)
}

/** What a text asks for, in order: lines of ours at its beginning, then statements. */
export function statements(text) {
  const lines = text.split('\n')
  const found = []
  while (lines.length > 0 && (!lines[0].trim() || wordOf(lines[0]))) {
    const line = wordOf(lines.shift())
    if (line) found.push(line)
  }
  return [...found, ...splitCql(lines.join('\n')).map(cql => ({ cql }))]
}
