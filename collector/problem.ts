/** Something a user can cause and mend: one sentence, and what to do. Printed without a stack. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly remedy: string
  /** 64 for wrong use, 1 for a failure. */
  readonly exitCode: number

  constructor(message: string, remedy: string, exitCode = 1) {
    super(message)
    this.remedy = remedy
    this.exitCode = exitCode
  }
}

/** The sentence of anything thrown. */
export const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The code of anything thrown, e.g. `ENOENT`; its name where it has none. */
export function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'unknown'
}
