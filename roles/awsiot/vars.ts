import * as z from 'zod'

/** Variables of the role. */
export const awsiotVars = z
  .strictObject({
    location: z.string().min(1).max(200).optional().describe('where the Pi is, an attribute of its thing; absent: its name'),
    maxAge: z
      .number()
      .int()
      .min(1)
      .default(365)
      .describe('days after which `status` warns of a certificate: AWS’s own end in 2049, so nothing else tells that one is old'),
    signedBy: z
      .enum(['aws', 'fleet'])
      .default('aws')
      .describe('who signs its certificate: AWS, or the fleet’s own CA, which is then registered with AWS'),
    keys: z
      .enum(['pi', 'aws'])
      .default('pi')
      .describe('who makes its private key: the Pi, where it stays, or AWS: then Terraform’s state and this machine hold it as well'),
    keyNumber: z.number().int().min(1).default(1).describe('with `keys: aws`: another number is another key, and the one before is let go'),
    rule: z
      .strictObject({
        bucket: z
          .string()
          .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
          .describe('its name'),
      })
      .optional()
      .describe('for the whole fleet: a bucket of S3, which is there, into which AWS writes each message; it costs (docs/aws-iot.md)'),
    state: z
      .strictObject({
        bucket: z.string().min(3).max(63).describe('its name'),
        region: z.string().min(1).describe('where it is'),
        kmsKey: z.string().min(1).optional().describe('a key of KMS; absent: the bucket’s own encryption'),
      })
      .optional()
      .describe(
        'for the whole fleet: a bucket of S3, which is there, in which Terraform keeps its state, encrypted; absent: on the controller',
      ),
  })
  .refine(({ keys, signedBy }) => keys === 'pi' || signedBy === 'aws', {
    error: 'who makes the keys signs them: with keys: aws, signedBy is aws',
    path: ['signedBy'],
  })

export type AwsiotVars = z.output<typeof awsiotVars>
