import { Failed } from '../errors.ts'
import type { Journal } from './journal.ts'
import type { Operation } from './kind.ts'
import type { OwnJournal } from './own-journal.ts'
import { sealed, type Seal } from './seal.ts'
import type { Step } from './step.ts'

/** Where the hosts keep copies of the journal. */
export interface JournalCopies {
  /** Writes it there, or, once it is over, notes that and takes it away. Throws where the host cannot be had. */
  keep(host: string, journal: Journal): Promise<void>
  /** A host that is no longer in the inventory keeps what it has. */
  known(host: string): boolean
}

/** Where the journal of an operation is kept: here, and on every host that takes part. */
export interface Keeping {
  readonly own: OwnJournal
  readonly seal: Seal
  readonly copies: JournalCopies
}

/** Writes it down: first here, then on each host that can be had. Whoever resumes takes the furthest. */
export async function keep(journal: Journal, { own, seal, copies }: Keeping): Promise<void> {
  await own.write(sealed(journal, seal))
  await Promise.all(journal.hosts.filter(host => copies.known(host)).map(host => copies.keep(host, journal).catch(() => {})))
}

/**
 * Ends an operation: every host hears that it is over, and nobody keeps a journal of it.
 * @throws Failed with the hosts that did not hear; the controller then keeps it, to tell them later
 */
export async function finish<A extends object, S extends Step>(
  journal: Journal<A, S>,
  { own, seal, copies }: Keeping,
  { name, command }: Pick<Operation, 'name' | 'command'>,
): Promise<void> {
  const over = { ...journal, at: journal.steps.length }
  await own.write(sealed(over, seal))
  const deaf: string[] = []
  const known = over.hosts.filter(host => copies.known(host))
  await Promise.all(
    known.map(host =>
      copies.keep(host, over).catch((error: unknown) => deaf.push(`${host}: ${error instanceof Error ? error.message : String(error)}`)),
    ),
  )
  if (deaf.length)
    throw new Failed({
      message: `all is done but one thing: ${deaf.length} of ${known.length} hosts did not hear that this ${name} is over, and keep their journals of it`,
      output: deaf,
      hint: `\`${command} --resume\` tells them, once they answer`,
    })
  own.remove()
}
