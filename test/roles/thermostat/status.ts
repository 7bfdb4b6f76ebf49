import type { RoleAnswer } from '../../../engine/status.ts'

/** Reads its figures. */
export function readPage(output: string): RoleAnswer {
  const degrees = /^thermostat_degrees (\S+)$/m.exec(output)?.[1]
  return degrees === undefined ? { wrong: ['it runs and does not answer'] } : { says: [`keeps ${degrees} degrees`] }
}
