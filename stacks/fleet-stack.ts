import { stackName } from '../roles/awsiot/names.ts'
import type { KeyOfAws } from '../roles/awsiot/outputs.ts'
import { producerPolicy } from '../roles/producer-policy.ts'
import {
  AwsProvider,
  DataAwsIotEndpoint,
  Fn,
  IotCaCertificate,
  IotCertificate,
  IotPolicy,
  IotPolicyAttachment,
  IotThing,
  IotThingGroup,
  IotThingGroupMembership,
  IotThingPrincipalAttachment,
  TerraformOutput,
  TerraformStack,
  type AwsProviderConfig,
  type Construct,
  type IotCertificateConfig,
} from './bindings.ts'
import { forTerraform } from './policy.ts'
import { keepsState, type StateSettings } from './state.ts'
import { writesToBucket } from './topic-rule.ts'
import type { Thing } from './things.ts'

export interface FleetStackOptions {
  /** The fleet's name. */
  readonly fleet: string
  readonly things: readonly Thing[]
  /** Where Terraform's state is kept. */
  readonly state: StateSettings
  /** A bucket that gets each message. */
  readonly rule?: { readonly bucket: string } | undefined
  /** The fleet's CA, PEM, where any thing is signed by it. */
  readonly ca?: string | undefined
  readonly provider: AwsProviderConfig
  /** Which versions of Terraform's AWS provider will do; absent: the one the bindings were made from. */
  readonly providerVersion?: string | undefined
}

/**
 * What the fleet needs of AWS IoT: a group, one policy, and for each producer a thing and a certificate for each key its Pi made and still
 * needs. No private key is in it or in Terraform's state, unless AWS is to make them. A producer whose Pi has made no request yet has a
 * thing and no certificate.
 *
 * Names of AWS's objects are Terraform's keys: they must stay, for another key is another object.
 */
export class FleetStack extends TerraformStack {
  constructor(scope: Construct, { fleet, things, state, rule, ca, provider, providerVersion }: FleetStackOptions) {
    super(scope, stackName)
    keepsState(this, state)
    new AwsProvider(this, 'aws', provider)
    if (providerVersion !== undefined)
      this.addOverride('terraform.required_providers.aws', { source: 'hashicorp/aws', version: providerVersion })

    const endpoint = new DataAwsIotEndpoint(this, 'ats', { endpointType: 'iot:Data-ATS' })
    const group = new IotThingGroup(this, 'group', { name: `temperature-${fleet}` })
    // arn:aws:iot:REGION:ACCOUNT:thinggroup/NAME without its end.
    const account = Fn.join(':', Fn.slice(Fn.split(':', group.arn), 0, 5))
    const policy = new IotPolicy(this, 'policy', {
      name: `temperature-${fleet}-producer`,
      policy: forTerraform(JSON.stringify(producerPolicy(account))),
    })

    // Only certificates that are registered by name are good: whoever else has one of this CA is nobody to AWS.
    const registered =
      ca === undefined
        ? undefined
        : new IotCaCertificate(this, 'ca', {
            caCertificatePem: ca,
            active: true,
            allowAutoRegistration: false,
            certificateMode: 'SNI_ONLY',
          })
    if (rule) writesToBucket(this, fleet, rule.bucket)

    const active: Record<string, Record<string, string>> = {}
    const inactive: Record<string, string[]> = {}
    const keys: Record<string, KeyOfAws> = {}
    for (const { name, attributes, certificates, keyOfAws } of things) {
      const thing = new IotThing(this, `thing-${name}`, { name, attributes })
      new IotThingGroupMembership(this, `membership-${name}`, { thingName: thing.name, thingGroupName: group.name })
      const attached = (id: string, config: IotCertificateConfig): IotCertificate => {
        const certificate = new IotCertificate(this, `certificate-${id}`, config)
        new IotPolicyAttachment(this, `policy-of-${id}`, { policy: policy.name, target: certificate.arn })
        new IotThingPrincipalAttachment(this, `principal-${id}`, { thing: thing.name, principal: certificate.arn })
        return certificate
      }
      if (keyOfAws !== undefined) {
        const { privateKey, certificatePem } = attached(`${name}-key-${keyOfAws}`, { active: true })
        keys[name] = { number: keyOfAws, key: privateKey, certificate: certificatePem }
      }
      for (const wanted of certificates) {
        const { fingerprint, pem } = wanted.request
        const certificate = attached(`${name}-${fingerprint}`, {
          active: wanted.active,
          ...(wanted.pem === undefined
            ? { csr: pem }
            : { certificatePem: wanted.pem, ...(registered && ca !== undefined && { caPem: ca, dependsOn: [registered] }) }),
        })
        // The provider takes a certificate for a secret, for it may come with a key; this one does not.
        if (wanted.active) (active[name] ??= {})[fingerprint] = Fn.nonsensitive(certificate.certificatePem)
        else (inactive[name] ??= []).push(fingerprint)
      }
    }
    new TerraformOutput(this, 'endpoint', { value: endpoint.endpointAddress, staticId: true })
    new TerraformOutput(this, 'certificates', { value: active, staticId: true })
    new TerraformOutput(this, 'inactive', { value: inactive, staticId: true })
    if (Object.keys(keys).length > 0) new TerraformOutput(this, 'keys', { value: keys, staticId: true, sensitive: true })
  }
}
