import { describe, it } from 'vitest'

/** Set by `npm run proof:NAME`. */
export const proving = process.env['FLEET_LONG_TESTS'] !== undefined

/** A case of a proof: too long for the default run, where it is no test at all rather than one that was skipped. */
export function proof(name: string, work: () => Promise<void>): void {
  if (proving) it(name, work)
}

/** A whole group of such cases. `timeout` in milliseconds, for each of them. */
export function proofs(name: string, { timeout, able }: { readonly timeout: number; readonly able: boolean }, cases: () => void): void {
  if (proving) describe.runIf(able)(name, { timeout }, cases)
}
