import { Problem, codeOf, sentence } from '../../problem.ts'
import type { Failure } from '../backend.ts'
import { aloneOnlyCode, keyTakenCode, noSuchRowCode } from './rows.ts'
import { caFileCode, untrustedCode } from '../tls.ts'

const refused: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: 'check user and password: the password file must hold the password the database knows',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'give a password file: the database wants a password for this user',
  ER_DBACCESS_DENIED_ERROR: 'GRANT INSERT, SELECT on the table to this user',
  ER_TABLEACCESS_DENIED_ERROR: 'GRANT INSERT, SELECT on the table to this user',
  ER_COLUMNACCESS_DENIED_ERROR: 'GRANT INSERT, SELECT on the table to this user',
  ER_BAD_DB_ERROR: 'create the database, or correct its name in the config',
  ER_NO_SUCH_TABLE: 'create the table, or correct its name in the config',
  ER_BAD_FIELD_ERROR: 'the table has other columns than reading_location, reading_date, reading_note, reading_value',
  ER_NO_DEFAULT_FOR_FIELD: 'the table has a column more, which wants a value: give it a default',
  [noSuchRowCode]:
    'the table has another shape than readings need (a date without fractions, another unique key): ' +
    'provision its host, which says how to mend it',
  ER_VIEW_CHECK_FAILED: 'this account may store readings of its own producer only: `location` must be the name its user ends with',
  ER_SERVER_SSL_DISABLED: 'the database speaks no TLS: provision its host, or leave `tls` out of the config',
  [untrustedCode]:
    'the certificate of the database is of another CA or for another name: provision its host and this one; nothing was sent there',
  [caFileCode]: 'give the CA’s certificate, readable by the user of this process',
  ER_HOST_NOT_PRIVILEGED: 'the database allows no connection from this host: check the host part of its users',
  ER_HOST_IS_BLOCKED: 'FLUSH HOSTS on the database, after looking why connections from here failed',
}

const badReading = new Set([
  'ER_DATA_TOO_LONG',
  'ER_WARN_DATA_OUT_OF_RANGE',
  'ER_TRUNCATED_WRONG_VALUE',
  'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD',
  'WARN_DATA_TRUNCATED',
  'ER_BAD_NULL_ERROR',
  'ER_CONSTRAINT_FAILED',
  keyTakenCode,
  aloneOnlyCode,
])

/** The server's code for a key that is there already. */
export const duplicateKey = 'ER_DUP_ENTRY'

/**
 * What an error of the driver, the network or the password file means. Unknown ones are `transient`:
 * waiting with the readings kept is right for each of them until someone says otherwise.
 */
export function classifyMariadbError(error: unknown): Failure {
  const code = codeOf(error)
  const remedy = refused[code]
  // The driver appends the statement and its values to its messages.
  const message = 'sqlMessage' in Object(error) ? String((error as { sqlMessage: unknown }).sqlMessage ?? sentence(error)) : sentence(error)
  if (error instanceof Problem) return { kind: 'refused', code: 'PASSWORD_FILE', message, remedy: error.remedy }
  if (remedy !== undefined) return { kind: 'refused', code, message, remedy }
  if (badReading.has(code)) return { kind: 'reading', code, message }
  return { kind: 'transient', code, message }
}
