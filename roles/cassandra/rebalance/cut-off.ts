import { Failed } from '../../../engine/errors.ts'
import { isOver, unfinishedOf, unsealed, type Journal, type Seal } from './journal.ts'
import type { OwnJournal } from './journal-file.ts'
import { distrust } from './rebalance.ts'
import { survey, type Survey, type Surveyed } from './survey.ts'

/** The controller's journal, where it has one. @throws Failed where it is not this fleet's */
export function ownOf(own: OwnJournal, seal: Seal): Journal | undefined {
  const text = own.read()
  if (text === undefined) return undefined
  const read = unsealed(text, seal)
  if ('doubtful' in read)
    throw new Failed({
      message: `the journal beside the inventory is not to be believed: ${read.doubtful}`,
      hint: 'move it away (it ends in .rebalance.json); each host of the ring has a copy of the journal that this fleet wrote',
    })
  return read
}

/** What is known of a run that was cut off. */
export interface CutOff extends Pick<Survey, 'members' | 'locked'> {
  /** None where somebody is at work: it is that one's. */
  readonly journal: Journal | undefined
}

/**
 * The journal of the run that was cut off: from here, or from the hosts, whichever is further. `nodes`: hosts to ask, those of the
 * controller's journal beside them where the inventory still has them (`known`).
 * @throws Failed where there is none, or none that may be believed
 */
export async function cutOff(
  nodes: readonly string[],
  known: (host: string) => boolean,
  hosts: Surveyed,
  seal: Seal,
  here: OwnJournal,
): Promise<CutOff> {
  const own = ownOf(here, seal)
  const { journals, members, doubtful, locked } = await survey([...new Set([...nodes, ...(own?.hosts ?? [])])].filter(known), hosts, seal)
  if (locked.size > 0) return { members, locked, journal: undefined }
  const all = [...(own ? [own] : []), ...journals]
  const journal = unfinishedOf(all)
  if (journal) return { members, locked, journal }
  const [over] = all.filter(isOver).toSorted((a, b) => b.number - a.number)
  // Over, and somebody did not hear of it.
  if (over && (own || all.some(each => !isOver(each)))) return { members, locked, journal: over }
  const [distrusted] = distrust(doubtful)
  if (distrusted) throw new Failed({ message: distrusted.what, hint: distrusted.remedy })
  throw new Failed({ message: 'no rebalance of this ring was cut off', hint: 'rebalance --check shows how the ring stands' })
}
