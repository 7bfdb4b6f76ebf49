import * as z from 'zod'
import { parseAddress } from '../address.ts'
import { nameSchema } from '../fields.ts'

export const awsiotSchema = z.strictObject({
  type: z.literal('awsiot'),
  name: nameSchema('awsiot'),
  hosts: z
    .array(z.string().refine(text => parseAddress(text) !== undefined, 'not a host, host:port or [IPv6]:port'))
    .max(1, 'one broker: AWS’s endpoint, or one of your own')
    .default([])
    .describe('the broker; absent: what the file `endpoint` of the folder says'),
  port: z.number().int().min(1).max(65535).default(8883).describe('for a host without one'),
  thing: z
    .string()
    .regex(/^[A-Za-z0-9:_-]{1,128}$/, 'a thing’s name: letters, digits and : _ -')
    .describe('whose certificate it is; also the name of the connection, as the policy wants it'),
  folder: z
    .string()
    .min(1)
    .default('/etc/awsiot')
    .describe('with certificate.pem.crt, private.pem.key, rootCA.pem and, where no host is given, endpoint; read at each connect'),
  topic: z
    .string()
    .regex(/^[^+#\u0000]{1,256}$/, 'no wildcards')
    .default('temperature/{thing}/reading')
    .describe('{thing} becomes the thing’s name'),
  clientId: z
    .enum(['thing', 'own'])
    .default('thing')
    .describe('`own`: each connection has a name of its own, for many from one machine; the policy of AWS here takes the thing’s only'),
  qos: z.number().int().min(0).max(1).default(1).describe('0: a message counts when it is sent, whether it arrives or not'),
  messages: z.number().min(0).default(80).describe('a second at most; AWS throws away what is above 100. 0: no limit'),
  batch: z.number().int().min(1).max(1000).default(500).describe('most readings in one message, when catching up'),
  timeout: z.number().int().min(100).default(10_000).describe('milliseconds until a message that nobody acknowledged is sent again'),
})

export type AwsiotConfig = z.output<typeof awsiotSchema>
