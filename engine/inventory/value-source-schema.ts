import * as z from 'zod'
import type { ValueSource } from './types.ts'

/** A value that is not in the file itself: exactly one of the three says where it is. */
export const valueSource = z
  .object({ env: z.string().optional(), command: z.string().optional(), secret: z.string().optional() })
  .transform((given, context): ValueSource => {
    const { env, command, secret } = given
    if ([env, command, secret].filter(text => text !== undefined && text !== '').length === 1) {
      if (env) return { env }
      if (command) return { command }
      if (secret) return { secret }
    }
    context.addIssue({ code: 'custom', message: 'needs exactly one of env, command and secret' })
    return z.NEVER
  })
