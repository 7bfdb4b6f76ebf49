import { Problem, codeOf, sentence } from '../../problem.ts'
import type { Failure, FailureKind } from '../backend.ts'
import { caFileCode, isCertificateFault, untrustedCode } from '../tls.ts'

interface Meaning {
  readonly kind: FailureKind
  readonly code: string
  readonly remedy?: string
}

const badValue: Meaning = { kind: 'reading', code: 'INVALID_VALUE' }
const away = (code: string): Meaning => ({ kind: 'transient', code })

const credentials: Meaning = {
  kind: 'refused',
  code: 'BAD_CREDENTIALS',
  remedy: 'check user and password: the password file must hold the password the database knows',
}

/** What the server answers, by the protocol's error codes. */
const answers: Readonly<Record<number, Meaning>> = {
  0x0000: away('SERVER_ERROR'),
  0x000a: away('PROTOCOL_ERROR'),
  0x0100: credentials,
  0x1000: away('UNAVAILABLE'),
  0x1001: away('OVERLOADED'),
  0x1002: away('IS_BOOTSTRAPPING'),
  0x1100: away('WRITE_TIMEOUT'),
  0x1500: away('WRITE_FAILURE'),
  0x2000: { kind: 'refused', code: 'SYNTAX_ERROR', remedy: 'correct the names of keyspace and tables in the config' },
  0x2100: { kind: 'refused', code: 'UNAUTHORIZED', remedy: 'GRANT MODIFY on the keyspace to this user' },
  // Some rule of the server's: the readings are kept until a person has looked.
  0x2200: {
    kind: 'refused',
    code: 'INVALID',
    remedy:
      'the table must have the columns reading_location, reading_date, reading_note, reading_value; the one by day reading_day as well',
  },
  0x2500: away('UNPREPARED'),
}

/** What tells one use of the server's code INVALID from another is its sentence only. */
const invalid: readonly (readonly [RegExp, Meaning])[] = [
  [
    /keyspace \S+ does not exist/i,
    { kind: 'refused', code: 'NO_SUCH_KEYSPACE', remedy: 'create the keyspace, or correct its name in the config' },
  ],
  [
    /unconfigured table|table \S+ does not exist/i,
    { kind: 'refused', code: 'NO_SUCH_TABLE', remedy: 'create the table, or correct its name in the config' },
  ],
  [/key length of|longer than maximum|key may not be empty|is too large for the maximum size|oversized mutation/i, badValue],
]

const untrusted: Meaning = {
  kind: 'refused',
  code: untrustedCode,
  remedy: 'the certificate of the node is of another CA or for another address: provision it and this host; nothing was sent there',
}

/** What the driver finds by itself, by the names of its errors. */
const findings: Readonly<Record<string, Meaning>> = {
  AuthenticationError: credentials,
  ArgumentError: { kind: 'refused', code: 'BAD_ARGUMENT', remedy: 'correct the datacenter in the config: nodetool status names it' },
  OperationTimedOutError: away('ETIMEDOUT'),
  BusyConnectionError: away('BUSY'),
}

/**
 * What an error of the driver, the network or the password file means. Unknown ones are `transient`:
 * waiting with the readings kept is right for each of them until someone says otherwise.
 */
export function classifyCassandraError(error: unknown): Failure {
  const message = sentence(error)
  if (error instanceof Problem) return { kind: 'refused', code: 'PASSWORD_FILE', message, remedy: error.remedy }
  const inner = innerErrors(error)
  return inner ? ofHosts(inner) : { ...meaningOf(error, message), message }
}

function meaningOf(error: unknown, message: string): Meaning {
  const { name, code, isSocketError } = Object(error) as { name?: unknown; code?: unknown; isSocketError?: unknown }
  const meaning = typeof code === 'number' ? (answers[code] ?? away(`SERVER_${code}`)) : findings[String(name)]
  // Nobody knows the passwords while the nodes that hold them are away: that is no wrong password.
  if (/unable to perform (authentication|authorization)|cannot achieve consistency/i.test(message)) return away('UNAVAILABLE')
  // A key of more than 64 KiB fails before it is sent.
  if (code === 'ERR_OUT_OF_RANGE' && message.includes('"value"')) return badValue
  if (code === caFileCode)
    return { kind: 'refused', code: caFileCode, remedy: 'give the CA’s certificate, readable by the user of this process' }
  if (typeof code === 'string' && isCertificateFault(code)) return untrusted
  if (meaning?.code === 'INVALID') return invalid.find(([pattern]) => pattern.test(message))?.[1] ?? meaning
  return meaning ?? away(isSocketError === true ? 'SOCKET_CLOSED' : codeOf(error))
}

/** The errors by node, where the driver has tried all of them. */
function innerErrors(error: unknown): Readonly<Record<string, unknown>> | undefined {
  const { name, innerErrors: inner } = Object(error) as { name?: unknown; innerErrors?: Readonly<Record<string, unknown>> | null }
  return name === 'NoHostAvailableError' ? (inner ?? {}) : undefined
}

/** One node that refuses us needs a person, whatever became of the others. */
function ofHosts(inner: Readonly<Record<string, unknown>>): Failure {
  const failures = Object.entries(inner).map(([host, error]) => ({ host, ...classifyCassandraError(error ?? 'no answer') }))
  const refusal = failures.find(({ kind }) => kind === 'refused')
  if (refusal) {
    const { host, message, ...rest } = refusal
    return { ...rest, message: `${host}: ${message}` }
  }
  const told = failures.map(({ host, message }) => `${host}: ${message}`).join('; ')
  return { kind: 'transient', code: 'NO_HOST_AVAILABLE', message: `no node takes it${told && ` (${told})`}` }
}
