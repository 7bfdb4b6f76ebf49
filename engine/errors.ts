/**
 * What kind of failure it is, for who branches on it: the exit code, `--json`. `failed` is all that is none of the others; `behind` says
 * that something was not begun because of another's failure; `defect` is a mistake in this program.
 */
export type Code =
  | 'failed'
  | 'behind'
  | 'connection-lost'
  | 'defect'
  | 'host-key'
  | 'inventory'
  | 'known-hosts'
  | 'lab'
  | 'locked'
  | 'login-refused'
  | 'not-started'
  | 'secrets'
  | 'ssh-config'
  | 'sudo'
  | 'timed-out'
  | 'unreachable'
  | 'usage'

/** A failure as data, ready to be printed: no stack, no secret. */
export interface Failure {
  readonly message: string
  /** Where it went wrong, as far as that is known. */
  readonly host?: string
  readonly role?: string
  readonly resource?: string
  /** Absent: `failed`. */
  readonly code?: Code
  /** What to do next. */
  readonly hint?: string
  /** Last lines the Pi or a program said. */
  readonly output?: readonly string[]
}

/** A failure that a person can understand and act upon; anything else that is thrown is a defect of this program. */
export class Failed extends Error {
  override readonly name: string = 'Failed'
  /** All that is known of it. */
  readonly failure: Failure

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options)
    this.failure = failure
  }

  get code(): Code {
    return this.failure.code ?? 'failed'
  }

  get hint(): string | undefined {
    return this.failure.hint
  }

  get output(): readonly string[] {
    return this.failure.output ?? []
  }
}

/** A command line that cannot be meant. */
export class UsageError extends Failed {
  override readonly name = 'UsageError'

  constructor(message: string, hint?: string) {
    super({ code: 'usage', message, ...(hint !== undefined && { hint }) })
  }
}

/** Turns whatever was thrown into what is printed. A defect shows where it arose. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failed) return error.failure
  if (!(error instanceof Error)) return { message: String(error) }
  const message = error.message || error.name
  if (!isDefect(error)) return { message }
  return {
    code: 'defect',
    message,
    hint: 'this is a defect of this program, please report it',
    output: (error.stack ?? '').split('\n').slice(1, 5),
  }
}

/** A file that is missing or a connection refused carries a code of the system; a mistake in a program does not. */
function isDefect(error: Error): boolean {
  return (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) && !('code' in error)
}
