import { Failed, type Code } from '../errors.ts'

/** Something about secrets that a person can put right; the message never holds a secret. */
export class SecretsError extends Failed {
  override readonly name = 'SecretsError'

  constructor(message: string, hint?: string, code: Code = 'secrets') {
    super({ code, message, ...(hint !== undefined && { hint }) })
  }
}
