import type { Program } from '../../../engine/programs/index.ts'
import {
  archive,
  archiveGone,
  directory,
  file,
  pathGone,
  service,
  type AnyResource,
  type Artifact,
} from '../../../engine/resources/index.ts'
import { sandbox } from '../../../engine/sandbox.ts'
import type { JobPlace } from './fleet-jobs.ts'
import type { Job } from './job.ts'
import type { KeeperConfig } from './keeper/config.ts'
import type { JobName } from './names.ts'
import { commandPath, jobsCommand, keeperConfigPath, keeperPath, keeperTimer, keeperUnit, recordsFolder, submitterFolder } from './place.ts'

/** What the controller has made of the keeper of jobs and of what submits them, and how it makes jobs themselves. */
export interface PreparedJobs {
  readonly keeper: Program
  readonly submitter: Artifact
  job(name: JobName, place: JobPlace): Job
}

const units = { service: '/etc/systemd/system/flink-jobs.service', timer: '/etc/systemd/system/flink-jobs.timer' }

/**
 * What looks after jobs on the JobManager's Pi, whose unit, user and Java are there already. Jobs themselves belong to the cluster: they want
 * accounts and tables, which are there only when brokers and store were seen at work.
 */
export function* keepsJobs(
  { keeper, submitter }: Pick<PreparedJobs, 'keeper' | 'submitter'>,
  config: KeeperConfig,
): Generator<AnyResource, void, AnyResource> {
  yield directory(recordsFolder, { owner: 'flink', mode: '0700' })
  yield archive(submitterFolder, submitter)
  yield file(keeperPath, { source: keeper.path })
  yield file(keeperConfigPath, `${JSON.stringify(config, undefined, 2)}\n`)
  yield file(commandPath, jobsCommand, { mode: '0755' })
  const written = [yield file(units.service, keeperUnit(sandbox)), yield file(units.timer, keeperTimer)]
  yield service('flink-jobs.timer', { restartOn: written })
}

/** Nobody looks after jobs any more; what they left stays. */
export function* stopsJobs(): Generator<AnyResource, void, AnyResource> {
  yield service('flink-jobs.timer', { enabled: false, running: false })
}

export function* purgesJobs(): Generator<AnyResource, void, AnyResource> {
  yield archiveGone(submitterFolder)
  for (const path of [keeperPath, keeperConfigPath, commandPath, ...Object.values(units)]) yield pathGone(path)
}
