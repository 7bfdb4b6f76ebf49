const badCredentials = 0x0100
const unauthorized = 0x2100

/** An error with the node's own code. */
export class NodeError extends Error {
  readonly code: string | number | undefined

  constructor(message: string, code: string | number | undefined, cause: unknown) {
    super(message, { cause })
    this.code = code
  }
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code

/** The node has looked, and says no to this login; or it could not look it up, which has the same code. */
export const isBadLogin = (error: unknown): boolean => codeOf(error) === badCredentials

/** The node has looked, and says no. */
export const isRefusal = (error: unknown): boolean =>
  codeOf(error) === unauthorized || (isBadLogin(error) && !/Unable to perform/.test((error as Error).message))

/** Nothing listens there. */
export const isNobody = (error: unknown): boolean => codeOf(error) === 'ECONNREFUSED'
