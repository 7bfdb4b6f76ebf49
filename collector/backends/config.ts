import * as z from 'zod'
import { mariadbSchema } from './mariadb.config.ts'

/** Every backend's config, told apart by `type`. */
export const backendSchema = z.discriminatedUnion('type', [mariadbSchema])

export type BackendConfig = z.output<typeof backendSchema>
