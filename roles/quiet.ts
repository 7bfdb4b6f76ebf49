import type { Fleet, Host } from '../engine/inventory/types.ts'
import type { Offered, OfferedBy } from '../engine/offer.ts'
import type { Roles } from '../engine/role.ts'
import type { Session } from '../engine/ssh/session.ts'
import { metrics, silencers, type Muted, type Silencer } from './offers.ts'

/** Minutes after which a silence of a run that was killed ends by itself; one that lives says it again before. */
export const lasts = 15
/** Minutes that alerts stay silent after the work, for what only settles down. */
export const settles = 2
/** Seconds that a run waits at its end for whoever has to be told. */
const patience = 10

export interface QuietOptions {
  readonly fleet: Fleet
  readonly roles: Roles
  readonly offered: OfferedBy
  /** Opens a session to a host. */
  open(host: Host): Promise<Session>
  /** Who is at work, and what at, for whoever looks at the silences. */
  readonly by: string
  readonly why: string
  /** Tells the person at the controller. */
  tell(text: string): void
}

/**
 * Keeps alerts of hosts silent while something is changed on them: from the first change until a little after the last one. Nothing waits
 * for it, and nothing fails by it: a run is more than its silences. Where no host of the fleet can be told, all of it is nothing.
 */
export class Quiet {
  readonly #options: QuietOptions
  readonly #told: readonly Told[]
  readonly #hosts = new Set<string>()
  #again: NodeJS.Timeout | undefined

  constructor(options: QuietOptions) {
    this.#options = options
    this.#told = options.offered(silencers).map(each => new Told(each, options))
  }

  /** This host is being changed from now on. */
  about(name: string): void {
    if (this.#told.length === 0 || this.#hosts.has(name)) return
    this.#hosts.add(name)
    this.#silence([name])
    this.#again ??= this.#later()
  }

  /** All is done: what was silent is heard again in a while. */
  async over(): Promise<void> {
    clearTimeout(this.#again)
    const muted = this.#muted([...this.#hosts])
    await Promise.all(this.#told.map(each => each.over(muted)))
  }

  #later(): NodeJS.Timeout {
    const again = () => {
      this.#silence([...this.#hosts])
      this.#again = this.#later()
    }
    return setTimeout(again, (lasts * 60_000 * 2) / 3).unref()
  }

  #silence(names: readonly string[]): void {
    const muted = this.#muted(names)
    for (const each of this.#told) each.silence(muted)
  }

  /** Alerts about hosts themselves, and those by which others of a cluster tell that one of them is away. */
  #muted(names: readonly string[]): readonly Muted[] {
    if (names.length === 0) return []
    const { offered, roles } = this.#options
    const ofClusters = offered(metrics).flatMap(({ host, role, value }) =>
      names.includes(host.name) && roles[role]?.cluster ? [value.job] : [],
    )
    return [
      { label: 'host', values: names },
      ...(ofClusters.length > 0 ? [{ label: 'job' as const, values: [...new Set(ofClusters)] }] : []),
    ]
  }
}

/** One host that is told, over one session, one thing after the other. */
class Told {
  readonly #silencer: Offered<Silencer>
  readonly #options: QuietOptions
  readonly #begun: string[] = []
  #session: Promise<Session> | undefined
  #before: Promise<void> = Promise.resolve()
  #isAway = false

  constructor(silencer: Offered<Silencer>, options: QuietOptions) {
    this.#silencer = silencer
    this.#options = options
  }

  silence(muted: readonly Muted[]): void {
    this.#then(session => this.#begin(session, muted, lasts))
  }

  async over(muted: readonly Muted[]): Promise<void> {
    if (!this.#session) return
    this.#then(async session => {
      const long = this.#begun.splice(0)
      await this.#begin(session, muted, settles)
      if (long.length > 0) await session.run(this.#silencer.value.ends(long), { timeout: patience })
    })
    const late = new Promise<void>(resolve => setTimeout(resolve, patience * 1000).unref())
    const closed = this.#before.then(() => this.#session).then(session => session?.close())
    await Promise.race([closed.catch(() => {}), late])
  }

  async #begin(session: Session, muted: readonly Muted[], minutes: number): Promise<void> {
    for (const each of muted) {
      const text = this.#silencer.value.begins(each, minutes, this.#options.by, this.#options.why)
      const { code, stdout } = await session.run(text, { timeout: patience })
      // One that is not set up yet has nobody to tell.
      const name = stdout.trim()
      if (code === 0 && name) this.#begun.push(name)
    }
  }

  /** After all that was begun before. One that cannot be had is told once, and not asked again in this run. */
  #then(work: (session: Session) => Promise<void>): void {
    this.#session ??= this.#options.open(this.#silencer.host)
    const opening = this.#session
    this.#before = this.#before.then(async () => {
      if (this.#isAway) return
      try {
        await work(await opening)
      } catch (error) {
        this.#isAway = true
        const why = error instanceof Error ? error.message : String(error)
        this.#options.tell(`alerts are not silenced meanwhile: ${this.#silencer.host.name}: ${why}`)
      }
    })
  }
}
