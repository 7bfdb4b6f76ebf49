import * as z from 'zod'

/** Fields that the configs of several backends have. */
export const nameSchema = (type: string) =>
  z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/, 'lower-case letters, digits and -')
    .default(type)
    .describe('names the cursor file and the metrics; a new name gets everything that is still queued')

export const passwordFileSchema = z
  .string()
  .min(1)
  .optional()
  .describe('file with the password; a relative path is one of systemd’s credentials, else beside the config')
