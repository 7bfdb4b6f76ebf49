import { Failed } from '../../../../engine/errors.ts'
import { pieces } from './pieces.ts'

/** A file of SQL as it is submitted. */
export interface Script {
  /** What its SET statements say: options of the job. */
  readonly settings: Readonly<Record<string, string>>
  /** The others, in order. The last one starts the job. */
  readonly statements: readonly string[]
}

const starts = /^(INSERT\s|EXECUTE\s+STATEMENT\s+SET\b|EXECUTE\s+INSERT\s)/i
const set = /^SET\s+'((?:[^']|'')*)'\s*=\s*'((?:[^']|'')*)'$/i

/** Options that the keeper of jobs gives itself. */
const reserved = /^(pipeline\.name|\$internal\..*|execution\.(target|attached|savepoint.*|state-recovery.*)|rest\..*|jobmanager\..*)$/

/**
 * The statements of a file, without its comments. A file is one job, for it is submitted, stopped and resumed as one: several INSERTs are
 * in one `EXECUTE STATEMENT SET BEGIN … END;`.
 * @throws {Failed} where it starts none or several
 */
export function scriptOf(name: string, sql: string): Script {
  const all = together(separated(sql))
  const settings = all.flatMap(statement => (/^SET\s/i.test(statement) ? [settingOf(name, statement)] : []))
  const statements = all.filter(statement => !/^SET\s/i.test(statement))
  const jobs = statements.filter(statement => starts.test(statement)).length
  if (jobs !== 1 || !starts.test(statements.at(-1) ?? ''))
    throw new Failed({
      message: `the job ${name} ${jobs === 0 ? 'starts nothing' : jobs > 1 ? `is ${jobs} jobs` : 'has statements after the one that starts it'}`,
      hint: 'a file ends with one INSERT INTO …, or with one EXECUTE STATEMENT SET BEGIN INSERT INTO …; INSERT INTO …; END;',
    })
  return { settings: Object.fromEntries(settings), statements }
}

function settingOf(name: string, statement: string): readonly [string, string] {
  const [, key, value] = (set.exec(statement) ?? []).map(text => text.replaceAll("''", "'"))
  if (key === undefined || value === undefined || reserved.test(key))
    throw new Failed({
      message: `the job ${name} has a statement that does not set an option of its own: ${statement.slice(0, 80)}`,
      hint: "write SET 'key' = 'value'; what a job is called, where it runs and what it is resumed from is not the file's to say",
    })
  return [key, value]
}

/** Text between semicolons that are code. */
function separated(sql: string): readonly string[] {
  const parts = ['']
  for (const { kind, text } of pieces(sql)) {
    if (kind === 'comment') continue
    const [first = '', ...rest] = kind === 'code' ? text.split(';') : [text]
    parts.push(`${parts.pop() ?? ''}${first}`, ...rest)
  }
  return parts.map(part => part.trim()).filter(Boolean)
}

/** What stands between BEGIN and END is one statement. */
function together(parts: readonly string[]): readonly string[] {
  const whole: string[] = []
  let open: string | undefined
  for (const part of parts) {
    if (open === undefined && /^EXECUTE\s+STATEMENT\s+SET\b/i.test(part)) open = part
    else if (open === undefined) whole.push(part)
    else if (/^END$/i.test(part)) {
      whole.push(`${open};\nEND`)
      open = undefined
    } else open += `;\n${part}`
  }
  return open === undefined ? whole : [...whole, open]
}
