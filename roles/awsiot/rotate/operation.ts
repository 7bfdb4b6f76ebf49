import * as z from 'zod'
import type { Journal as JournalOf } from '../../../engine/operation/index.ts'
import { defineOperation } from '../../../engine/operation/index.ts'
import { stages, type Stage } from './next.ts'

/** What a renewal knows beside its steps. */
export interface About {
  /** The fingerprint of the request it began with, by host. */
  readonly from: Readonly<Record<string, string>>
}

export interface Step {
  readonly state: Stage
  readonly node: string
}

const means: Readonly<Record<Stage, string>> = {
  key: 'a new key and its request are made on the Pi, beside the old',
  request: 'the request comes to this machine',
  sign: 'AWS signs it; both certificates are active',
  place: 'the new certificate is put beside its key',
  switch: 'the agent uses the new ones; the old ones stay beside them',
  prove: 'a reading is acknowledged with the new certificate; where none is, the old ones are put back',
  retire: 'the old certificate is deactivated',
  remove: 'it is detached and deleted',
  tidy: 'the old key is taken off the Pi',
}

const commands: Partial<Record<Stage, string>> = {
  key: 'openssl genpkey … -out /etc/awsiot/next/private.pem.key; openssl req -new …',
  sign: 'npm run stacks:deploy, here',
  switch: 'mv /etc/awsiot/next/* /etc/awsiot/',
  retire: 'npm run stacks:deploy, here',
  remove: 'npm run stacks:deploy, here',
  tidy: 'rm -r /etc/awsiot/former',
}

/** The renewal of keys and certificates for AWS IoT, as a long operation. */
export const operation = defineOperation<About, Step>({
  name: 'rotation',
  of: 'certificate',
  command: 'rotate awsiot',
  files: 'rotate-awsiot',
  about: { from: z.record(z.string(), z.string().regex(/^[0-9a-f]{12}$/)) },
  step: z.strictObject({ state: z.enum(stages), node: z.string().min(1) }),
  warns: 'a key and a certificate are replaced',
  meaningOf: ({ state }) => means[state],
  commandsOf: ({ state }) => [commands[state] ?? []].flat(),
})

export type Journal = JournalOf<About, Step>
