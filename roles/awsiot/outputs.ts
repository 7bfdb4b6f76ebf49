import { createPrivateKey, X509Certificate } from 'node:crypto'
import * as z from 'zod'
import { Failed } from '../../engine/errors.ts'
import { outputsName, stackName } from './names.ts'

/** What AWS has, as the stack said when it was deployed last. */
export interface Outputs {
  /** Where the things of this account connect. */
  readonly endpoint: string
  /** PEM of those that are active, by thing and by the fingerprint of the request. */
  readonly certificates: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Fingerprints of the requests of those that are shut out, by thing. */
  readonly inactive: Readonly<Record<string, readonly string[]>>
  /** What AWS made whole, by thing. */
  readonly keys: Readonly<Record<string, KeyOfAws>>
}

/** A private key that AWS made, with its certificate. */
export interface KeyOfAws {
  /** Another one is another key. */
  readonly number: number
  /** PEM. */
  readonly key: string
  /** PEM. */
  readonly certificate: string
}

/** All of it was taken away. */
export interface Destroyed {
  /** When, ISO 8601. */
  readonly destroyed: string
}

const values = z.object({
  endpoint: z.string().regex(/^[a-z0-9.-]+$/i),
  certificates: z.record(z.string(), z.record(z.string(), z.string())),
  inactive: z.record(z.string(), z.array(z.string())).default({}),
  keys: z.record(z.string(), z.object({ number: z.number().int(), key: z.string(), certificate: z.string() })).default({}),
})
const valueOf = <T extends z.ZodType>(schema: T) => z.object({ value: schema })
const { endpoint, certificates, inactive, keys } = values.shape
const gone = z.object({ destroyed: z.iso.datetime() })

/** The outputs file by stack, or what `terraform output -json` prints for it. */
const schema = z.union([
  z.object({ [stackName]: z.union([gone, values]) }).transform(all => all[stackName] as z.output<typeof values | typeof gone>),
  z
    .object({
      endpoint: valueOf(endpoint),
      certificates: valueOf(certificates),
      inactive: valueOf(inactive).default({ value: {} }),
      keys: valueOf(keys).default({ value: {} }),
    })
    .transform(each => ({
      endpoint: each.endpoint.value,
      certificates: each.certificates.value,
      inactive: each.inactive.value,
      keys: each.keys.value,
    })),
])

/** Reads the outputs file. @throws {Failed} where it is none */
export function parseOutputs(content: Buffer): Outputs | Destroyed {
  try {
    const outputs = schema.parse(JSON.parse(content.toString('utf8')))
    if ('destroyed' in outputs) return outputs
    const each = (own: Readonly<Record<string, string>>) => mapped(own, oneOf)
    return { ...outputs, certificates: mapped(outputs.certificates, each), keys: mapped(outputs.keys, pairOf) }
  } catch (cause) {
    throw new Failed({
      message: `${outputsName}, what the stack for AWS IoT says, cannot be read: ${String(cause instanceof Error ? cause.message : cause).split('\n')[0]}`,
      hint: 'npm run stacks:deploy writes it anew; docs/aws-iot.md',
    })
  }
}

/** The outputs file of a stack that is no more. */
export const destroyedText = (at: Date): string => `${JSON.stringify({ [stackName]: { destroyed: at.toISOString() } }, undefined, 2)}\n`

const mapped = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))

/** One certificate and nothing else: it goes to a Pi. @throws Error where it is none */
function oneOf(pem: string): string {
  const { raw } = new X509Certificate(pem)
  const lines = raw.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** A key and the certificate for it, and nothing else. @throws Error where they are none, or do not belong together */
function pairOf({ number, key, certificate }: KeyOfAws): KeyOfAws {
  const made = createPrivateKey(key)
  if (!new X509Certificate(certificate).checkPrivateKey(made)) throw new Error('a certificate is for another key than the one beside it')
  return { number, key: made.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate: oneOf(certificate) }
}
