import {
  DescribeCACertificateCommand,
  DescribeCertificateCommand,
  DescribeThingCommand,
  GetPolicyCommand,
  IoTClient,
  ListAttachedPoliciesCommand,
  ListCertificatesCommand,
  ListPoliciesCommand,
  ListThingGroupsCommand,
  ListThingPrincipalsCommand,
  ListThingsCommand,
  ListThingsInThingGroupCommand,
  ListTopicRulesCommand,
} from '@aws-sdk/client-iot'

export interface ReadCertificate {
  readonly id: string
  readonly pem: string
  readonly active: boolean
  readonly policies: readonly string[]
  readonly things: readonly string[]
}

/** All that an account has of AWS IoT, as AWS's own library reads it. */
export interface Account {
  readonly things: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly groups: Readonly<Record<string, readonly string[]>>
  readonly policies: Readonly<Record<string, unknown>>
  readonly certificates: readonly ReadCertificate[]
}

const clientOf = (endpoint: string, region: string): IoTClient =>
  new IoTClient({ endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })

/** The rules of an account. */
export async function rulesOf(endpoint: string, region: string) {
  const client = clientOf(endpoint, region)
  try {
    return await client.send(new ListTopicRulesCommand({}))
  } finally {
    client.destroy()
  }
}

/** What an account knows of a CA. @throws ResourceNotFoundException where it knows none */
export async function authorityOf(endpoint: string, region: string, certificateId: string) {
  const client = clientOf(endpoint, region)
  try {
    return (await client.send(new DescribeCACertificateCommand({ certificateId }))).certificateDescription
  } finally {
    client.destroy()
  }
}

/** Reads an account. `endpoint`: a mock's address. */
export async function readBack(endpoint: string, region: string): Promise<Account> {
  const client = clientOf(endpoint, region)
  try {
    const things: Record<string, Record<string, string>> = {}
    const holders = new Map<string, string[]>()
    for (const { thingName = '' } of (await client.send(new ListThingsCommand({ maxResults: 250 }))).things ?? []) {
      things[thingName] = (await client.send(new DescribeThingCommand({ thingName }))).attributes ?? {}
      for (const arn of (await client.send(new ListThingPrincipalsCommand({ thingName }))).principals ?? [])
        holders.set(arn, [...(holders.get(arn) ?? []), thingName])
    }
    const groups: Record<string, string[]> = {}
    for (const { groupName = '' } of (await client.send(new ListThingGroupsCommand({}))).thingGroups ?? [])
      groups[groupName] = ((await client.send(new ListThingsInThingGroupCommand({ thingGroupName: groupName }))).things ?? []).sort()
    const policies: Record<string, unknown> = {}
    for (const { policyName = '' } of (await client.send(new ListPoliciesCommand({}))).policies ?? [])
      policies[policyName] = JSON.parse((await client.send(new GetPolicyCommand({ policyName }))).policyDocument ?? 'null') as unknown
    const certificates: ReadCertificate[] = []
    for (const { certificateId = '' } of (await client.send(new ListCertificatesCommand({ pageSize: 250 }))).certificates ?? []) {
      const { certificateDescription: is } = await client.send(new DescribeCertificateCommand({ certificateId }))
      const target = is?.certificateArn ?? ''
      const attached = (await client.send(new ListAttachedPoliciesCommand({ target }))).policies ?? []
      certificates.push({
        id: certificateId,
        pem: is?.certificatePem ?? '',
        active: is?.status === 'ACTIVE',
        policies: attached.map(({ policyName = '' }) => policyName),
        things: holders.get(target) ?? [],
      })
    }
    return { things, groups, policies, certificates }
  } finally {
    client.destroy()
  }
}
