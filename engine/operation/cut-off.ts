import { Failed } from '../errors.ts'
import { distrust } from './finding.ts'
import { isOver, unfinishedOf, type Journal } from './journal.ts'
import { journalFile } from './own-journal.ts'
import type { Operation } from './kind.ts'
import type { OwnJournal } from './own-journal.ts'
import { unsealed, type Seal } from './seal.ts'
import type { Survey } from './survey.ts'
import type { Step } from './step.ts'

/** The controller's journal, where it has one. @throws Failed where it is not this fleet's */
export function ownOf<A extends object, S extends Step>(
  own: OwnJournal,
  seal: Seal,
  operation: Operation<A, S>,
): Journal<A, S> | undefined {
  const text = own.read()
  if (text === undefined) return undefined
  const read = unsealed(text, seal, operation)
  if ('doubtful' in read)
    throw new Failed({
      message: `the journal beside the inventory is not to be believed: ${read.doubtful}`,
      hint: `move it away (it ends in ${journalFile('', operation.files)}); each host of the ${operation.of} has a copy of the journal that this fleet wrote`,
    })
  return read
}

/** Where and what to ask for an operation that was cut off. */
export interface CutOffQuestion<T, A extends object, S extends Step> {
  readonly operation: Operation<A, S>
  readonly seal: Seal
  readonly own: OwnJournal
  /** Hosts to ask; those of the controller's journal are asked beside them, where the inventory still has them. */
  readonly hosts: readonly string[]
  known(host: string): boolean
  survey(hosts: readonly string[]): Promise<Survey<T, Journal<A, S>>>
}

/** What is known of a run that was cut off. */
export interface CutOff<T, J extends Journal = Journal> extends Pick<Survey<T>, 'answers' | 'locked'> {
  /** None where somebody is at work: it is that one's. */
  readonly journal: J | undefined
}

/**
 * The journal of the run that was cut off: from here, or from the hosts, whichever is further.
 * @throws Failed where there is none, or none that may be believed
 */
export async function cutOff<T, A extends object, S extends Step>(question: CutOffQuestion<T, A, S>): Promise<CutOff<T, Journal<A, S>>> {
  const { operation, seal } = question
  const own = ownOf(question.own, seal, operation)
  const asked = [...new Set([...question.hosts, ...(own?.hosts ?? [])])].filter(host => question.known(host))
  const { journals, answers, doubtful, locked } = await question.survey(asked)
  if (locked.size > 0) return { answers, locked, journal: undefined }
  const all = [...(own ? [own] : []), ...journals]
  const journal = unfinishedOf(all, operation)
  if (journal) return { answers, locked, journal }
  const [over] = all.filter(isOver).toSorted((a, b) => b.number - a.number)
  // Over, and somebody did not hear of it.
  if (over && (own || all.some(each => !isOver(each)))) return { answers, locked, journal: over }
  const [distrusted] = distrust(doubtful, operation)
  if (distrusted) throw new Failed({ message: distrusted.what, hint: distrusted.remedy })
  throw new Failed({
    message: `no ${operation.name} of this ${operation.of} was cut off`,
    hint: `${operation.command} --check shows how the ${operation.of} stands`,
  })
}
