import type { Page } from './session.ts'

/** A value as it is printed: what the driver makes of it has a form for JSON; bytes are hexadecimal, with `0x` before them. */
function printable(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`
  if (Array.isArray(value)) return value.map(printable)
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<unknown>, printable)
  if (typeof value !== 'object') return value
  if ('toJSON' in value && typeof value.toJSON === 'function') return printable((value.toJSON as () => unknown)())
  // What has a text of its own, e.g. a duration, is that text; other objects are maps and types of the user.
  if (value.toString !== Object.prototype.toString) return String(value)
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, printable(part)]))
}

/** The rows of a page, a line each: JSON, or values with tabs between them. */
export function linesOf({ names, rows }: Pick<Page, 'names' | 'rows'>, json: boolean): readonly string[] {
  return rows.map(row => {
    const cells = names.map(name => printable(row[name]))
    return json
      ? JSON.stringify(Object.fromEntries(names.map((name, index) => [name, cells[index]])))
      : cells.map(cell => (cell === null ? 'null' : typeof cell === 'object' ? JSON.stringify(cell) : String(cell))).join('\t')
  })
}
