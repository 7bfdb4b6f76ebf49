import type { Backend } from '../backend.ts'
import { mqttBackend } from '../mqtt/backend.ts'
import type { AwsiotConfig } from './config.ts'
import { certificateIn, credentialsOf } from './credentials.ts'
import { classifyAwsiotError } from './errors.ts'

export type AwsiotOptions = Omit<AwsiotConfig, 'type' | 'name'>

/** AWS IoT, with what its role puts on a Pi; or a broker that takes the same files. */
export const awsiotBackend = (options: AwsiotOptions): Backend =>
  mqttBackend({
    ...options,
    certificate: certificateIn(options.folder),
    credentials: () => credentialsOf(options),
    classify: classifyAwsiotError,
  })
