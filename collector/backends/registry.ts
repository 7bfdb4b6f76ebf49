import { awsiot } from './awsiot/index.ts'
import { cassandra } from './cassandra/index.ts'
import { kafka } from './kafka/index.ts'
import { mariadb } from './mariadb/index.ts'
import { mqtt } from './mqtt/index.ts'

/** The backends of the agent and the load tool. */
export const registered = [mariadb, cassandra, kafka, awsiot, mqtt] as const
