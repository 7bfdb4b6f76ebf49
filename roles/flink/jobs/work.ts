import { withProcess, type Member } from '../members.ts'
import type { JobName } from './names.ts'
import { fleetCaFile } from './place.ts'
import type { JobWork } from './task.ts'

/** What jobs a fleet has, and where they are worked at; undefined: it has none. */
export function workOf(all: readonly Member[]): (JobWork & { readonly jobs: readonly JobName[] }) | undefined {
  const led = withProcess(all, 'jobmanager')[0]
  if (!led || led.vars.jobs.length === 0) return undefined
  return {
    host: led.host,
    from: withProcess(all, 'taskmanager').map(({ host }) => host),
    vars: led.vars,
    ca: fleetCaFile,
    jobs: led.vars.jobs,
  }
}
