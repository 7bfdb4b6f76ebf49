/** How Terraform's AWS provider is set up. */
export interface ProviderSettings {
  readonly region: string
  readonly accessKey?: string
  readonly secretKey?: string
  readonly skipCredentialsValidation?: boolean
  readonly skipRequestingAccountId?: boolean
  readonly skipMetadataApiCheck?: string
  readonly skipRegionValidation?: boolean
  readonly maxRetries?: number
  readonly endpoints?: { readonly iot: string; readonly sts: string; readonly iam: string }[]
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The region of AWS_REGION or AWS_DEFAULT_REGION. With AWS_ENDPOINT_URL a mock on this machine takes the place of AWS.
 * @throws Error where there is no region, or the mock is not on this machine
 */
export function providerOf(env: Environment): ProviderSettings {
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION']
  if (!region) throw new Error('say in which region the things are to be: AWS_REGION=eu-central-1')
  const mock = env['AWS_ENDPOINT_URL']
  if (!mock) return { region }
  if (!/^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/?$/.test(mock))
    throw new Error('AWS_ENDPOINT_URL must be on this machine: it is for a mock, which gets made-up credentials')
  return {
    region,
    accessKey: 'test',
    secretKey: 'test',
    skipCredentialsValidation: true,
    skipRequestingAccountId: true,
    skipMetadataApiCheck: 'true',
    skipRegionValidation: true,
    // What a mock lacks would be tried 25 times.
    maxRetries: 2,
    endpoints: [{ iot: mock, sts: mock, iam: mock }],
  }
}

/** Does a mock take the place of AWS? */
export const isMock = (env: Environment): boolean => Boolean(env['AWS_ENDPOINT_URL'])
