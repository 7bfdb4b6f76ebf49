import { createHash } from 'node:crypto'

export interface RedactOptions {
  /** Also hide SHA1(SHA1(value)), `*` and 40 hex digits: the hash under which some databases keep a password. */
  readonly doubleSha1?: boolean
}

const shortest = 4
const mark = '[redacted]'

const everyRedactor = new Set<Redactor>()

/** The text without any secret that any part of this process knows: for what leaves it. */
export function redactAll(text: string): string {
  let left = text
  for (const redactor of everyRedactor) left = redactor.redact(left)
  return left
}

/** Takes secrets out of texts: out of logs, diffs, errors, everything that leaves the program. */
export class Redactor {
  readonly #forms = new Set<string>()
  #expression: RegExp | undefined

  constructor() {
    everyRedactor.add(this)
  }

  /** From now on `value` is hidden, in every form it commonly takes. A value of fewer than 4 characters would hide half of every text and is not. */
  add(value: string, options: RedactOptions = {}): void {
    for (const form of forms(value, options)) this.#forms.add(form)
    this.#expression = undefined
  }

  /** The text with every known secret replaced by `[redacted]`. */
  redact(text: string): string {
    if (this.#forms.size === 0) return text
    // The longest first: a form may begin with another one.
    this.#expression ??= new RegExp(
      [...this.#forms]
        .sort((a, b) => b.length - a.length)
        .map(escape)
        .join('|'),
      'g',
    )
    return text.replace(this.#expression, mark)
  }
}

/** Every form in which `value` may turn up in a text. */
export function forms(value: string, { doubleSha1 = false }: RedactOptions = {}): readonly string[] {
  // What stands beside a private key for all to see is to be seen.
  const text = value.replace(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\r?\n?/g, '').replace(/\r?\n$/, '')
  if (text.length < shortest) return []
  // A key in several lines is often printed line by line, indented.
  const lines = text.includes('\n') ? text.split(/\r?\n/).filter(line => line.trim().length >= 16 && !line.startsWith('-----')) : []
  const found = new Set<string>()
  for (const part of [text, ...lines.map(line => line.trim())]) {
    for (const form of [part, ...quoted(part), ...urlEncoded(part), ...base64(part), ...hex(part)]) {
      if (form.length >= shortest) found.add(form)
    }
  }
  if (doubleSha1) {
    const hash = sha1(sha1(Buffer.from(text))).toString('hex')
    found.add(hash).add(hash.toUpperCase())
  }
  return [...found]
}

// Without the quotation marks around them: those are part of the text that is shown.
function quoted(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1)
  return [
    json,
    JSON.stringify(json).slice(1, -1),
    text.replaceAll("'", String.raw`'\''`),
    text.replaceAll("'", `'"'"'`),
    text.replace(/["$`\\!]/g, String.raw`\$&`),
    text.replace(/[^\w@%+=:,./-]/g, String.raw`\$&`),
    text
      .replace(/[\\']/g, String.raw`\$&`)
      .replaceAll('\n', String.raw`\n`)
      .replaceAll('\t', String.raw`\t`)
      .replaceAll('\r', String.raw`\r`),
    text.replaceAll("'", "''"),
    JSON.stringify(text.replaceAll("'", "''")).slice(1, -1),
    text.replaceAll('\\', '\\\\').replaceAll("'", "''"),
  ]
}

function urlEncoded(text: string): readonly string[] {
  // By way of bytes, because half a surrogate pair would throw.
  const component = encodeURIComponent(Buffer.from(text).toString())
  const strict = component.replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const both = [strict, component]
  return [
    ...both,
    ...both.map(form => form.replaceAll('%20', '+')),
    ...both.map(form => form.replace(/%[0-9A-F]{2}/g, code => code.toLowerCase())),
  ]
}

// Inside a longer base64 text (`user:password`) the letters depend on how many bytes stand before: three ways, without the
// letters at both ends that belong to neighbours as well.
function base64(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  const whole = [bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')]
  if (bytes.length < 8) return whole
  const inside = [0, 1, 2].flatMap(before => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes])
    const start = Math.ceil((before * 8) / 6)
    const end = Math.floor((padded.length * 8) / 6)
    return [padded.toString('base64').slice(start, end), padded.toString('base64url').slice(start, end)]
  })
  return [...whole, ...inside]
}

function hex(text: string): readonly string[] {
  const digits = Buffer.from(text).toString('hex')
  return [digits, digits.toUpperCase()]
}

function sha1(data: Buffer): Buffer {
  return createHash('sha1').update(data).digest()
}

function escape(form: string): string {
  return form.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
}
