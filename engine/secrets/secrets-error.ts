/** Something about secrets that a person can put right; the message never holds a secret. */
export class SecretsError extends Error {
  /** What to do about it. */
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.name = 'SecretsError'
    this.hint = hint
  }
}
