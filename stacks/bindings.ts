/**
 * All that is taken from the bindings: whoever moves to another make of them changes this file and `package.json`. Single resources, never
 * a package's index: that takes seconds and half a gigabyte of memory.
 */
export { App, Fn, LocalBackend, S3Backend, TerraformOutput, TerraformStack, Testing } from 'cdktf'
export type { Construct } from 'constructs'
export { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js'
export type { AwsProviderConfig } from '@cdktf/provider-aws/lib/provider/index.js'
export { DataAwsIotEndpoint } from '@cdktf/provider-aws/lib/data-aws-iot-endpoint/index.js'
export { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js'
export { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js'
export { IotCaCertificate } from '@cdktf/provider-aws/lib/iot-ca-certificate/index.js'
export { IotCertificate } from '@cdktf/provider-aws/lib/iot-certificate/index.js'
export type { IotCertificateConfig } from '@cdktf/provider-aws/lib/iot-certificate/index.js'
export { IotPolicy } from '@cdktf/provider-aws/lib/iot-policy/index.js'
export { IotPolicyAttachment } from '@cdktf/provider-aws/lib/iot-policy-attachment/index.js'
export { IotThing } from '@cdktf/provider-aws/lib/iot-thing/index.js'
export { IotThingGroup } from '@cdktf/provider-aws/lib/iot-thing-group/index.js'
export { IotThingGroupMembership } from '@cdktf/provider-aws/lib/iot-thing-group-membership/index.js'
export { IotThingPrincipalAttachment } from '@cdktf/provider-aws/lib/iot-thing-principal-attachment/index.js'
export { IotTopicRule } from '@cdktf/provider-aws/lib/iot-topic-rule/index.js'
