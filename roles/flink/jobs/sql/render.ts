import { Failed } from '../../../../engine/errors.ts'
import { pieces } from './pieces.ts'

/** What the fleet puts into a file of SQL. */
export interface Parameters {
  /** Options of a connector by name, for `WITH (${name})`. */
  readonly options: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Text by name, for `'${name}'`. */
  readonly texts: Readonly<Record<string, string>>
}

const placeholder = /\$\{([^{}]*)\}/g

/** A text as an SQL string. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/**
 * SQL with what the fleet puts in. `${name}` stands alone for options of a connector, and in quotes for a text: what is put in ends no
 * quotes, so that it never becomes code.
 * @throws {Failed} where a name means nothing, or is at a place where it cannot stand
 */
export function render(name: string, sql: string, { options, texts }: Parameters): string {
  const fails = (found: string, known: readonly string[]) =>
    new Failed({
      message: `the job ${name} asks for ${found}, which means nothing there`,
      hint: `known at such a place: ${known.join(', ')}`,
    })
  return pieces(sql)
    .map(({ kind, text }) => {
      if (kind === 'comment') return text
      return text.replace(placeholder, (found, key: string) => {
        if (kind === 'quoted') {
          const value = texts[key]
          if (value === undefined || !text.startsWith("'"))
            throw fails(
              found,
              Object.keys(texts).map(each => `'\${${each}}'`),
            )
          return value.replaceAll("'", "''")
        }
        const given = options[key]
        if (given === undefined)
          throw fails(
            found,
            Object.keys(options).map(each => `\${${each}}`),
          )
        return Object.entries(given)
          .map(([option, value]) => `${sqlText(option)} = ${sqlText(value)}`)
          .join(', ')
      })
    })
    .join('')
}
