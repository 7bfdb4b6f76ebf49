import { buildProgram } from '../../../engine/programs/index.ts'
import type { Artifact } from '../../../engine/resources/index.ts'
import { fleetJob } from './fleet-jobs.ts'
import { keeperEntry } from './place.ts'
import type { PreparedJobs } from './resources.ts'
import { packSubmitter } from './submitter/compile.ts'

/** What jobs want of the controller. Loaded where a fleet has jobs. @throws {Failed} where the submitter cannot be compiled */
export async function prepareJobs(flink: Artifact): Promise<PreparedJobs> {
  const [keeper, submitter] = await Promise.all([buildProgram(keeperEntry), packSubmitter(flink)])
  return { keeper, submitter, job: fleetJob }
}
