import * as z from 'zod'
import { cassandraSchema } from './cassandra.config.ts'
import { mariadbSchema } from './mariadb.config.ts'

/** Every backend's config, told apart by `type`. */
export const backendSchema = z.discriminatedUnion('type', [mariadbSchema, cassandraSchema])

export type BackendConfig = z.output<typeof backendSchema>
