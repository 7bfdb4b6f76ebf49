import type { Shell } from '../../engine/resources/index.ts'

const separator = '\u001d'

/** Shell text that defines `part NAME`: what is printed from there on, to the next part, has this name. */
export const definesPart: Shell = `part() { printf '${separator}%s\\n' "$1"; }`

/** The parts of an answer, by name. */
export function partsOf(output: string): ReadonlyMap<string, string> {
  return new Map(
    output.split(separator).map(part => {
      const end = part.indexOf('\n')
      return [part.slice(0, end), part.slice(end + 1)] as const
    }),
  )
}

/** A row as `cql --json` prints it, a line each. */
export type Row = Readonly<Record<string, unknown>>

/** The rows of an answer; what is no row is passed over. */
export function rowsOf(output: string): Row[] {
  return output
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Row)
}

/** Why a Pi could not be asked, in one line. */
export function whySilent(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
}
