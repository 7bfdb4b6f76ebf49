/** What a server refused, or could not do. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError'
  /** Kafka's number for it, where it has one. */
  readonly code: number | undefined
  constructor(message: string, code?: number) {
    super(message)
    this.code = code
  }
}

/** Kafka's names of errors that a fleet may meet. */
const names: Readonly<Record<number, string>> = {
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  15: 'COORDINATOR_NOT_AVAILABLE',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  36: 'TOPIC_ALREADY_EXISTS',
  38: 'INVALID_REPLICATION_FACTOR',
  39: 'INVALID_REPLICA_ASSIGNMENT',
  40: 'INVALID_CONFIG',
  41: 'NOT_CONTROLLER',
  58: 'SASL_AUTHENTICATION_FAILED',
  80: 'PREFERRED_LEADER_NOT_AVAILABLE',
  83: 'ELIGIBLE_LEADERS_NOT_AVAILABLE',
  84: 'ELECTION_NOT_NEEDED',
  85: 'NO_REASSIGNMENT_IN_PROGRESS',
  91: 'RESOURCE_NOT_FOUND',
  102: 'BROKER_ID_NOT_REGISTERED',
  104: 'INCONSISTENT_CLUSTER_ID',
  126: 'DUPLICATE_VOTER',
  127: 'VOTER_NOT_FOUND',
  136: 'CONTROLLER_ID_NOT_REGISTERED',
}

/** @throws {KafkaError} where an answer has the number of an error, but for those of `fine` */
export function refuse(what: string, error: number, message: string | null = null, fine: readonly number[] = []): void {
  if (error === 0 || fine.includes(error)) return
  throw new KafkaError(`${what}: ${names[error] ?? `error ${error}`}${message ? ` (${message})` : ''}`, error)
}
