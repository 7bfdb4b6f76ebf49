import * as z from 'zod'

/** Variables of the role. */
export const awsiotVars = z.strictObject({
  location: z.string().min(1).max(200).optional().describe('where the Pi is, an attribute of its thing; absent: its name'),
  maxAge: z
    .number()
    .int()
    .min(1)
    .default(365)
    .describe('days after which `status` warns of a certificate: AWS’s own end in 2049, so nothing else tells that one is old'),
})

export type AwsiotVars = z.output<typeof awsiotVars>
