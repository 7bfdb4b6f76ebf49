import { Failed } from '../errors.ts'
import { holderOf, takeLock } from '../run/lock.ts'
import { ConnectionLost, Unreachable } from '../ssh/errors.ts'
import type { Ran, Session } from '../ssh/session.ts'
import { realClock, type Clock } from './clock.ts'
import { printsJournals, readJournals, writesJournal } from './files.ts'
import { isOver } from './journal.ts'
import type { JournalCopies } from './keeping.ts'
import type { Operation } from './kind.ts'
import { sealed, type Seal } from './seal.ts'
import type { SurveyedHosts } from './survey.ts'

export interface HostsOptions {
  /** Opens a session to a host of the inventory. */
  open(name: string): Promise<Session>
  /** Who holds the hosts while this runs; absent: they are only looked at. */
  readonly owner?: string
  readonly operation: Pick<Operation, 'command' | 'files'>
  readonly clock?: Clock
  /** Told when a host must be waited for. */
  waiting(host: string, what: string): void
}

/** Seconds a host that went away is called again before the run gives up; what it does goes on without us. */
const patience = 150

/** Hosts that an operation holds together, each locked over one session that is made anew when its link breaks. */
export class Hosts implements SurveyedHosts {
  readonly #options: HostsOptions
  readonly #sessions = new Map<string, Promise<Session>>()

  constructor(options: HostsOptions) {
    this.#options = options
  }

  /** Runs shell text as root, again after a lost link: it must not mind that. */
  async run(host: string, text: string, seconds = 120): Promise<Ran> {
    const { clock = realClock } = this.#options
    const end = clock.now() + patience * 1000
    for (let attempt = 1; ; attempt++) {
      try {
        return await (await this.#session(host)).run(text, { timeout: seconds })
      } catch (error) {
        const known = this.#sessions.has(host)
        this.#sessions.delete(host)
        const lost = error instanceof ConnectionLost || (error instanceof Unreachable && (known || attempt > 1))
        if (!lost || clock.now() > end) throw error
        this.#options.waiting(host, error.message)
        await clock.pause(Math.min(10, 2 * attempt))
      }
    }
  }

  /** What it printed. @throws Failed with its last lines where it ended with an error */
  async text(host: string, text: string, seconds = 120): Promise<string> {
    const { code, stdout, stderr } = await this.run(host, text, seconds)
    if (code === 0) return stdout
    throw new Failed({
      message: `${host}: \`${text.split('\n')[0]?.slice(0, 120)}\` ended with exit code ${code}`,
      output: `${stdout}\n${stderr}`.trim().split('\n').slice(-10),
      hint: `mend the cause, then: ${this.#options.operation.command} --resume`,
    })
  }

  /** The same where it does not matter whether the host can be had: no second call, no error. */
  async attempt(host: string, text: string): Promise<string | undefined> {
    try {
      const { code, stdout } = await (await this.#session(host)).run(text, { timeout: 30 })
      return code === 0 ? stdout : undefined
    } catch {
      this.#sessions.delete(host)
      return undefined
    }
  }

  async kept(host: string): Promise<readonly string[]> {
    return readJournals(await this.text(host, printsJournals(this.#options.operation.files), 30))
  }

  /** Who else is at work on a host, where it is only looked at; one that is held for this run has nobody else. */
  async holder(host: string): Promise<string | undefined> {
    const session = await this.#session(host)
    return this.#options.owner === undefined ? holderOf(session) : undefined
  }

  /** Gives a host back, for others to work on; the next use takes it again. */
  async release(host: string): Promise<void> {
    const session = this.#sessions.get(host)
    this.#sessions.delete(host)
    await session?.then(
      open => open.close(),
      () => {},
    )
  }

  async close(): Promise<void> {
    const open = await Promise.allSettled(this.#sessions.values())
    this.#sessions.clear()
    await Promise.all(open.map(result => (result.status === 'fulfilled' ? result.value.close() : undefined)))
  }

  #session(host: string): Promise<Session> {
    const known = this.#sessions.get(host)
    if (known) return known
    const opening = this.#open(host)
    this.#sessions.set(host, opening)
    return opening
  }

  async #open(host: string): Promise<Session> {
    const { open, owner, waiting } = this.#options
    const session = await open(host)
    if (owner === undefined) return session
    try {
      await takeLock(session, { owner, work: 'operation' }, what => waiting(host, what))
    } catch (error) {
      await session.close()
      throw error
    }
    return session
  }
}

/** The copies of a journal that hosts keep. `known`: hosts of the inventory. */
export function copiesOn(
  hosts: Pick<Hosts, 'attempt'>,
  seal: Seal,
  known: ReadonlySet<string>,
  { files }: Pick<Operation, 'files'>,
): JournalCopies {
  return {
    known: host => known.has(host),
    async keep(host, journal) {
      if ((await hosts.attempt(host, writesJournal(files, sealed(journal, seal), isOver(journal)))) === undefined)
        throw new Error('it does not answer, or could not write it')
    },
  }
}
