import { X509Certificate } from 'node:crypto'
import * as z from 'zod'
import { Failed } from '../../engine/errors.ts'
import { outputsName, stackName } from './names.ts'

/** What AWS made, as the deployed stack says it. */
export interface Outputs {
  /** Where the things of this account connect. */
  readonly endpoint: string
  /** PEM, by thing. */
  readonly certificates: Readonly<Record<string, string>>
}

const values = z.object({ endpoint: z.string().regex(/^[a-z0-9.-]+$/i), certificates: z.record(z.string(), z.string()) })
const valueOf = <T extends z.ZodType>(schema: T) => z.object({ value: schema })
const { endpoint, certificates } = values.shape

/** The outputs file by stack, or what `terraform output -json` prints for it. */
const schema = z.union([
  z.object({ [stackName]: values }).transform(all => all[stackName] as z.output<typeof values>),
  z
    .object({ endpoint: valueOf(endpoint), certificates: valueOf(certificates) })
    .transform(each => ({ endpoint: each.endpoint.value, certificates: each.certificates.value })),
])

/** Reads the outputs file. @throws {Failed} where it is none */
export function parseOutputs(content: Buffer): Outputs {
  try {
    const outputs = schema.parse(JSON.parse(content.toString('utf8')))
    return { ...outputs, certificates: Object.fromEntries(Object.entries(outputs.certificates).map(([name, pem]) => [name, oneOf(pem)])) }
  } catch (cause) {
    throw new Failed({
      message: `${outputsName}, what the stack for AWS IoT says, cannot be read: ${String(cause instanceof Error ? cause.message : cause).split('\n')[0]}`,
      hint: 'npm run stacks:deploy writes it anew; docs/aws-iot.md',
    })
  }
}

/** One certificate and nothing else: it goes to a Pi. @throws Error where it is none */
function oneOf(pem: string): string {
  const { raw } = new X509Certificate(pem)
  const lines = raw.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
