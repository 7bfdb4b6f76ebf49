import type { Failure } from '../engine/errors.ts'
import { colors } from './colors.ts'
import { tell } from './output.ts'

/** Tells why a host could not be asked: what, what it said last, what to do. */
export function tellFailure(host: string, failure: Failure): void {
  const { red, cyan } = colors(process.stderr)
  tell(`${red('error:')} ${host}: ${failure.message}`)
  for (const line of failure.output ?? []) tell(`  | ${line}`)
  if (failure.hint !== undefined) tell(`${cyan('hint:')} ${failure.hint}`)
}
