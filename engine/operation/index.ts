export { atWork } from './at-work.ts'
export { carryOut, type CarryOutOptions } from './carry-out.ts'
export { realClock, type Clock } from './clock.ts'
export type { Course, Outlook, Standing } from './course.ts'
export { cutOff, ownOf, type CutOff } from './cut-off.ts'
export { detached, detachedState } from './detached.ts'
export type { OnOperation, OperationEvent } from './events.ts'
export { journalOnHost, lastOnHost } from './files.ts'
export { distrust, type Finding } from './finding.ts'
export { copiesOn, Hosts } from './hosts.ts'
export { isOver, lastNumber, newJournal, unfinishedOf, type Journal } from './journal.ts'
export { finish, keep, type JournalCopies, type Keeping } from './keeping.ts'
export { defineOperation, type Operation } from './kind.ts'
export { lead, type Lead, type LeadFlags } from './lead.ts'
export { measuredWeights } from './measure.ts'
export {
  noHost,
  refuseContradictions,
  roleMeant,
  type RoleOperation,
  type RoleOperations,
  type RolesWithOperations,
  type RoleTools,
  type ShareFlags,
  type Wanted,
} from './of-role.ts'
export { ownJournal, type OwnJournal } from './own-journal.ts'
export type { Person, StepShow } from './person.ts'
export { sealed, sealSecret, unsealed, type Doubtful, type Seal } from './seal.ts'
export type { Step } from './step.ts'
export { parseWeights } from './weights.ts'
export { survey, type Survey, type SurveyedHosts } from './survey.ts'
