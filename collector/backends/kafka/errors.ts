import { Problem, codeOf, sentence } from '../../problem.ts'
import type { Failure, FailureKind } from '../backend.ts'
import { caFileCode, isCertificateFault, untrustedCode } from '../tls.ts'

interface Meaning {
  readonly kind: FailureKind
  readonly code: string
  readonly remedy?: string
}

const away = (code: string): Meaning => ({ kind: 'transient', code })
const refused = (code: string, remedy: string): Meaning => ({ kind: 'refused', code, remedy })
const badReading = (code: string): Meaning => ({ kind: 'reading', code })

const mayUse = 'allow this user the topic: provision the brokers, which have an account for each producer and each sink of the fleet'
const login = 'check user and password: the password file must hold the password the cluster knows'

/** What brokers answer and a person must see to, by Kafka's words. All others pass. */
const answers: Readonly<Record<string, Meaning>> = {
  TOPIC_AUTHORIZATION_FAILED: refused('TOPIC_AUTHORIZATION_FAILED', mayUse),
  CLUSTER_AUTHORIZATION_FAILED: refused('CLUSTER_AUTHORIZATION_FAILED', mayUse),
  GROUP_AUTHORIZATION_FAILED: refused(
    'GROUP_AUTHORIZATION_FAILED',
    'allow this user its group: provision the brokers, which have an account for each sink of the fleet',
  ),
  UNKNOWN_TOPIC_OR_PARTITION: refused('UNKNOWN_TOPIC_OR_PARTITION', 'create the topic, or correct its name in the config'),
  INVALID_TOPIC_EXCEPTION: refused('INVALID_TOPIC_EXCEPTION', 'correct the name of the topic in the config'),
  UNSUPPORTED_SASL_MECHANISM: refused('UNSUPPORTED_SASL_MECHANISM', 'the brokers must take SCRAM-SHA-512 on this port'),
  SASL_AUTHENTICATION_FAILED: refused('BAD_CREDENTIALS', login),
  // The broker's clock may be the one that is wrong: no reason to give readings up.
  INVALID_TIMESTAMP: refused(
    'INVALID_TIMESTAMP',
    'set the clocks of this host and of the brokers right, or the topic’s bounds of timestamps',
  ),
  POLICY_VIOLATION: refused('POLICY_VIOLATION', 'the cluster has a rule against it: look into the log of the broker'),
  MESSAGE_TOO_LARGE: badReading('MESSAGE_TOO_LARGE'),
  RECORD_LIST_TOO_LARGE: badReading('RECORD_LIST_TOO_LARGE'),
  INVALID_RECORD: badReading('INVALID_RECORD'),
}

const untrusted = refused(
  untrustedCode,
  'the certificate of the broker is of another CA or for another address: provision it and this host; nothing was sent there',
)

/**
 * What an error of the driver, the network or the password file means. Unknown ones are `transient`:
 * waiting with the readings kept is right for each of them until someone says otherwise.
 */
export function classifyKafkaError(error: unknown): Failure {
  const all = causes(error)
  const problem = all.find(each => each instanceof Problem)
  if (problem) return { kind: 'refused', code: 'PASSWORD_FILE', message: problem.message, remedy: problem.remedy }
  for (const each of all) {
    const meaning = meaningOf(each)
    if (meaning) return { ...meaning, message: sentence(each) }
  }
  const last = all.at(-1)
  return { ...away(answerOf(last) ?? codeOf(last)), message: sentence(last) }
}

/** An error, what it was made of, and so on; the driver wraps what it has tried several times. */
export function causes(error: unknown): readonly unknown[] {
  const { cause, errors } = Object(error) as { cause?: unknown; errors?: unknown }
  const inner = [
    ...(Array.isArray(errors) ? (errors as readonly unknown[]) : []),
    ...(cause === undefined || cause === error ? [] : [cause]),
  ]
  return [error, ...inner.flatMap(causes)]
}

/** Kafka's word for what a broker answered. */
export function answerOf(error: unknown): string | undefined {
  const { type } = Object(error) as { type?: unknown }
  return typeof type === 'string' ? type : undefined
}

function meaningOf(error: unknown): Meaning | undefined {
  const answer = answers[answerOf(error) ?? '']
  if (answer) return answer
  const { name, code } = Object(error) as { name?: unknown; code?: unknown }
  if (code === caFileCode) return refused(caFileCode, 'give the CA’s certificate, readable by the user of this process')
  if (typeof code === 'string' && isCertificateFault(code)) return untrusted
  // All it says where the brokers start, and where they do not let it: nobody can tell one from the other.
  if (name === 'KafkaJSGroupCoordinatorNotFound')
    return { ...away('GROUP_COORDINATOR_NOT_FOUND'), remedy: 'where this lasts, the account may not use its group: provision the brokers' }
  // The driver says this, too, where the connection was cut while it logged in.
  if (name === 'KafkaJSSASLAuthenticationError' && /invalid credentials/i.test(sentence(error)))
    return answers['SASL_AUTHENTICATION_FAILED']
  // It asks for metadata only of topics it may see, and says so in a sentence.
  if (/not authorized to access topics/i.test(sentence(error))) return answers['TOPIC_AUTHORIZATION_FAILED']
  return undefined
}
