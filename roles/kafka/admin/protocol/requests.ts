import {
  array,
  bool,
  bytes,
  float64,
  int16,
  int32,
  int64,
  int8,
  nullableArray,
  nullableBytes,
  nullableString,
  string,
  struct,
  uint16,
  uuid,
  type Type,
} from './types.ts'

/** A question of Kafka's protocol in one version, that all of Kafka 4 has, and its answer. */
export interface Request<Q, A> {
  readonly name: string
  readonly key: number
  readonly version: number
  readonly question: Type<Q>
  readonly answer: Type<A>
}

function request<Q, A>(name: string, key: number, version: number, question: Type<Q>, answer: Type<A>): Request<Q, A> {
  return { name, key, version, question, answer }
}

const outcome = { error: int16, message: nullableString }
const throttled = { throttleMs: int32 }

export const saslAuthenticate = request('SaslAuthenticate', 36, 2, struct({ bytes }), struct({ ...outcome, bytes, lifetimeMs: int64 }))

const seenPartition = {
  error: int16,
  index: int32,
  leader: int32,
  leaderEpoch: int32,
  replicas: array(int32),
  inSync: array(int32),
  offline: array(int32),
}
/** All topics, where `topics` is null. */
export const metadata = request(
  'Metadata',
  3,
  12,
  struct({ topics: nullableArray(struct({ id: uuid, name: nullableString })), create: bool, operations: bool }),
  struct({
    ...throttled,
    brokers: array(struct({ id: int32, host: string, port: int32, rack: nullableString })),
    cluster: nullableString,
    controller: int32,
    topics: array(
      struct({ error: int16, name: nullableString, id: uuid, internal: bool, partitions: array(struct(seenPartition)), operations: int32 }),
    ),
  }),
)

const config = struct({ name: string, value: nullableString })
export const createTopics = request(
  'CreateTopics',
  19,
  7,
  struct({
    topics: array(
      struct({
        name: string,
        partitions: int32,
        replication: int16,
        assignments: array(struct({ index: int32, brokers: array(int32) })),
        configs: array(config),
      }),
    ),
    timeoutMs: int32,
    validateOnly: bool,
  }),
  struct({
    ...throttled,
    topics: array(
      struct({
        name: string,
        id: uuid,
        ...outcome,
        partitions: int32,
        replication: int16,
        configs: nullableArray(struct({ name: string, value: nullableString, readOnly: bool, source: int8, sensitive: bool })),
      }),
    ),
  }),
)

export const describeConfigs = request(
  'DescribeConfigs',
  32,
  4,
  struct({ resources: array(struct({ type: int8, name: string, keys: nullableArray(string) })), synonyms: bool, documentation: bool }),
  struct({
    ...throttled,
    results: array(
      struct({
        ...outcome,
        type: int8,
        name: string,
        configs: array(
          struct({
            name: string,
            value: nullableString,
            readOnly: bool,
            source: int8,
            sensitive: bool,
            synonyms: array(struct({ name: string, value: nullableString, source: int8 })),
            type: int8,
            documentation: nullableString,
          }),
        ),
      }),
    ),
  }),
)

export const alterConfigs = request(
  'IncrementalAlterConfigs',
  44,
  1,
  struct({
    resources: array(
      struct({ type: int8, name: string, configs: array(struct({ name: string, operation: int8, value: nullableString })) }),
    ),
    validateOnly: bool,
  }),
  struct({ ...throttled, results: array(struct({ ...outcome, type: int8, name: string })) }),
)

const filter = {
  resource: int8,
  name: nullableString,
  pattern: int8,
  principal: nullableString,
  host: nullableString,
  operation: int8,
  permission: int8,
}
const rule = { principal: string, host: string, operation: int8, permission: int8 }
export const describeAcls = request(
  'DescribeAcls',
  29,
  3,
  struct(filter),
  struct({ ...throttled, ...outcome, resources: array(struct({ type: int8, name: string, pattern: int8, rules: array(struct(rule)) })) }),
)
export const createAcls = request(
  'CreateAcls',
  30,
  3,
  struct({ rules: array(struct({ resource: int8, name: string, pattern: int8, ...rule })) }),
  struct({ ...throttled, results: array(struct(outcome)) }),
)
export const deleteAcls = request(
  'DeleteAcls',
  31,
  3,
  struct({ filters: array(struct(filter)) }),
  struct({
    ...throttled,
    results: array(struct({ ...outcome, matching: array(struct({ ...outcome, resource: int8, name: string, pattern: int8, ...rule })) })),
  }),
)

export const describeUsers = request(
  'DescribeUserScramCredentials',
  50,
  0,
  struct({ users: nullableArray(struct({ name: string })) }),
  struct({
    ...throttled,
    ...outcome,
    users: array(struct({ name: string, ...outcome, credentials: array(struct({ mechanism: int8, iterations: int32 })) })),
  }),
)
export const alterUsers = request(
  'AlterUserScramCredentials',
  51,
  0,
  struct({
    deletions: array(struct({ name: string, mechanism: int8 })),
    upsertions: array(struct({ name: string, mechanism: int8, iterations: int32, salt: bytes, saltedPassword: bytes })),
  }),
  struct({ ...throttled, results: array(struct({ name: string, ...outcome })) }),
)

export const reassign = request(
  'AlterPartitionReassignments',
  45,
  1,
  struct({
    timeoutMs: int32,
    otherFactor: bool,
    topics: array(struct({ name: string, partitions: array(struct({ index: int32, replicas: nullableArray(int32) })) })),
  }),
  struct({
    ...throttled,
    otherFactor: bool,
    ...outcome,
    topics: array(struct({ name: string, partitions: array(struct({ index: int32, ...outcome })) })),
  }),
)
export const reassignments = request(
  'ListPartitionReassignments',
  46,
  0,
  struct({ timeoutMs: int32, topics: nullableArray(struct({ name: string, partitions: array(int32) })) }),
  struct({
    ...throttled,
    ...outcome,
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ index: int32, replicas: array(int32), adding: array(int32), removing: array(int32) })),
      }),
    ),
  }),
)
export const electLeaders = request(
  'ElectLeaders',
  43,
  2,
  struct({ type: int8, topics: nullableArray(struct({ name: string, partitions: array(int32) })), timeoutMs: int32 }),
  struct({ ...throttled, error: int16, topics: array(struct({ name: string, partitions: array(struct({ index: int32, ...outcome })) })) }),
)

export const describeLogDirs = request(
  'DescribeLogDirs',
  35,
  4,
  struct({ topics: nullableArray(struct({ name: string, partitions: array(int32) })) }),
  struct({
    ...throttled,
    error: int16,
    folders: array(
      struct({
        error: int16,
        path: string,
        topics: array(struct({ name: string, partitions: array(struct({ index: int32, bytes: int64, lag: int64, future: bool })) })),
        totalBytes: int64,
        usableBytes: int64,
      }),
    ),
  }),
)

const endpoint = struct({ name: string, host: string, port: uint16 })
const replica = struct({ id: int32, directory: uuid, endOffset: int64, fetched: int64, caughtUp: int64 })
export const describeQuorum = request(
  'DescribeQuorum',
  55,
  2,
  struct({ topics: array(struct({ name: string, partitions: array(struct({ index: int32 })) })) }),
  struct({
    ...outcome,
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            ...outcome,
            leader: int32,
            leaderEpoch: int32,
            highWatermark: int64,
            voters: array(replica),
            observers: array(replica),
          }),
        ),
      }),
    ),
    nodes: array(struct({ id: int32, endpoints: array(endpoint) })),
  }),
)
const voter = { cluster: nullableString, id: int32, directory: uuid }
export const addVoter = request(
  'AddRaftVoter',
  80,
  0,
  struct({ cluster: nullableString, timeoutMs: int32, id: int32, directory: uuid, endpoints: array(endpoint) }),
  struct({ ...throttled, ...outcome }),
)
export const removeVoter = request('RemoveRaftVoter', 81, 0, struct(voter), struct({ ...throttled, ...outcome }))

export const produce = request(
  'Produce',
  0,
  9,
  struct({
    transaction: nullableString,
    acks: int16,
    timeoutMs: int32,
    topics: array(struct({ name: string, partitions: array(struct({ index: int32, records: nullableBytes })) })),
  }),
  struct({
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            error: int16,
            offset: int64,
            appendTime: int64,
            start: int64,
            errors: array(struct({ index: int32, message: nullableString })),
            message: nullableString,
          }),
        ),
      }),
    ),
    ...throttled,
  }),
)

export const fetchRecords = request(
  'Fetch',
  1,
  12,
  struct({
    replica: int32,
    waitMs: int32,
    leastBytes: int32,
    mostBytes: int32,
    isolation: int8,
    session: int32,
    epoch: int32,
    topics: array(
      struct({
        name: string,
        partitions: array(struct({ index: int32, leaderEpoch: int32, offset: int64, lastEpoch: int32, start: int64, mostBytes: int32 })),
      }),
    ),
    forgotten: array(struct({ name: string, partitions: array(int32) })),
    rack: string,
  }),
  struct({
    ...throttled,
    error: int16,
    session: int32,
    topics: array(
      struct({
        name: string,
        partitions: array(
          struct({
            index: int32,
            error: int16,
            highWatermark: int64,
            stable: int64,
            start: int64,
            aborted: nullableArray(struct({ producer: int64, first: int64 })),
            preferred: int32,
            records: nullableBytes,
          }),
        ),
      }),
    ),
  }),
)

export const deleteTopics = request(
  'DeleteTopics',
  20,
  6,
  struct({ topics: array(struct({ name: nullableString, id: uuid })), timeoutMs: int32 }),
  struct({ ...throttled, topics: array(struct({ name: nullableString, id: uuid, ...outcome })) }),
)

export const unregister = request('UnregisterBroker', 64, 0, struct({ id: int32 }), struct({ ...throttled, ...outcome }))
/** Brokers of 4.4 and later know it, once the metadata is at level 33 (KIP-1312). */
export const unregisterController = request('UnregisterController', 94, 0, struct({ id: int32 }), struct({ ...throttled, ...outcome }))
/** Whom a quota is for. A name that is null: everybody without one of their own. */
const quotaEntity = array(struct({ type: string, name: nullableString }))
export const describeQuotas = request(
  'DescribeClientQuotas',
  48,
  1,
  struct({ components: array(struct({ type: string, match: int8, name: nullableString })), strict: bool }),
  struct({
    ...throttled,
    ...outcome,
    entries: nullableArray(struct({ entity: quotaEntity, values: array(struct({ key: string, value: float64 })) })),
  }),
)
export const alterQuotas = request(
  'AlterClientQuotas',
  49,
  1,
  struct({
    entries: array(struct({ entity: quotaEntity, ops: array(struct({ key: string, value: float64, remove: bool })) })),
    validateOnly: bool,
  }),
  struct({ ...throttled, entries: array(struct({ ...outcome, entity: quotaEntity })) }),
)

/** `dry`: whether it could be done, and no more. */
export const updateFeatures = request(
  'UpdateFeatures',
  57,
  2,
  struct({ timeoutMs: int32, updates: array(struct({ name: string, level: int16, how: int8 })), dry: bool }),
  struct({ ...throttled, ...outcome }),
)
