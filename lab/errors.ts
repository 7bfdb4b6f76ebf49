/** Something a user of the lab can understand and act on; printed without a stack trace. */
export class LabError extends Error {
  override readonly name = 'LabError'
  /** What to do next, one sentence. */
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}
