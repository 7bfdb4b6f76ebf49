import { Failed } from '../../../engine/errors.ts'
import { findModel } from '../../../engine/inventory/models.ts'
import type { OfferedBy } from '../../../engine/offer.ts'
import { runs, withProcess, type Member } from '../members.ts'
import { slotsByWeight } from '../place.ts'
import { jobTask } from './task.ts'
import { workOf } from './work.ts'

/** A Pi that was looked at, and the slots its memory has room for. */
export interface Looked {
  readonly name: string
  readonly slots: number
}

/**
 * Refuses jobs that could not do their work, before anything changes. `pi` is known by its facts, the others by the inventory.
 * @throws {Failed} with what is missing
 */
export function refuseJobs(all: readonly Member[], pi: Looked, offered: OfferedBy): void {
  refuseElsewhere(all)
  const work = workOf(all)
  if (!work) return
  const { host, jobs } = work
  if (all[0]?.host.name !== host.name)
    throw new Failed({
      message: `${host.name} has the JobManager, and ${all[0]?.host.name} stands before it: of hosts with Flink the first one is asked for jobs, and it alone can tell`,
      hint: `put ${host.name} before ${all[0]?.host.name} in the inventory`,
    })
  refuseSlots(all, jobs, pi)
  // Which passwords they have is no matter here.
  jobTask(work, offered, name => name)
}

/** Jobs that are named where nobody would submit them. */
function refuseElsewhere(all: readonly Member[]): void {
  const led = withProcess(all, 'jobmanager')[0]
  const other = all.find(
    ({ vars }) => !runs(vars, 'jobmanager') && vars.jobs.length > 0 && vars.jobs.join() !== (led?.vars.jobs ?? []).join(),
  )
  if (other)
    throw new Failed({
      message: `${other.host.name} is told jobs (${other.vars.jobs.join(', ')}), and has no JobManager: they would not be submitted`,
      hint: `set jobs for the role flink on ${led?.host.name}`,
    })
}

/** A job takes one slot: it runs with the parallelism of one. */
function refuseSlots(all: readonly Member[], jobs: readonly string[], pi: Looked): void {
  const slots = withProcess(all, 'taskmanager').reduce(
    (sum, { host, vars }) =>
      sum +
      (host.name === pi.name
        ? pi.slots
        : (vars.slots ?? slotsByWeight({ host, facts: { cores: findModel(host.model ?? '')?.cores ?? 1 } }))),
    0,
  )
  if (slots >= jobs.length) return
  throw new Failed({
    message: `each job takes a slot: ${jobs.join(', ')} need ${jobs.length}, and there ${slots === 1 ? 'is' : 'are'} ${slots}`,
    hint: `set slots: ${jobs.length} for the role flink, give another host a TaskManager, or take a job away`,
  })
}
