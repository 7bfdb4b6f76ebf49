import type { Fleet } from '../../engine/inventory/types.ts'
import type { Heard, Listener } from './alerts-support.ts'
import { inside } from './commands.ts'
import { eventually } from './engine-support.ts'

/** Something real that goes wrong, what is to be told of it (`ALERT HOST`), and how it is over. */
export interface Fault {
  readonly what: string
  readonly tells: readonly string[]
  begins(): Promise<unknown>
  ends(): Promise<unknown>
  /** Seconds until the last of it is told at the latest; a quarter of an hour. */
  readonly patience?: number
  /** Told until the window of its rule is past, however soon it is mended: the next fault does not wait for that. */
  readonly lasting?: boolean
}

/** `ALERTS=NodeAway,SinkLags`: only faults that tell one of these. */
const wanted = process.env['ALERTS']?.split(',')

/** `ALERTS_KEEP=FOLDER`: hosts stay up, and their secrets there, so that a part of the proof is soon run again. */
export const kept = process.env['ALERTS_KEEP']

/** Units of a host that stop, and start again. */
export const stopped = (fleet: Fleet, host: string, ...units: readonly string[]): Pick<Fault, 'begins' | 'ends'> => ({
  begins: () => inside(fleet, host, `systemctl stop ${units.join(' ')}`),
  ends: () => inside(fleet, host, `systemctl start ${units.join(' ')}`),
})

const nameOf = ({ alert, host }: Heard) => `${alert} ${host}`.trim()

/** Faults that are caused one after the other, and what somebody heard of them. */
export class Faults {
  readonly #listener: Listener
  readonly #rows: string[] = []
  readonly #wrong: string[] = []
  readonly #lasting: Promise<void>[] = []
  readonly #tells = new Set<string>()
  readonly #began = Date.now()

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** The table of what was seen. */
  get table(): string {
    return ['| Fault | Alert | Seconds until told | Seconds until over |', '|---|---|---|---|', ...this.#rows].join('\n')
  }

  /** What was not as it should be, in words. */
  get wrong(): readonly string[] {
    return this.#wrong
  }

  /** Alerts that no fault was to tell, with the second of the proof: what follows from a fault, or the load of this machine. */
  get others(): readonly string[] {
    return this.#listener
      .heard()
      .filter(each => each.status === 'firing' && !this.#tells.has(nameOf(each)))
      .map(each => `${nameOf(each)} at ${Math.round((each.at - this.#began) / 1000)} s`)
  }

  /** One fault after the other: the next begins when the one before is told of and is over. What fails does not end the others. */
  async each(faults: readonly Fault[]): Promise<void> {
    for (const fault of faults.filter(({ tells }) => !wanted || tells.some(each => wanted.includes(each.split(' ')[0] ?? '')))) {
      const ended = await this.#one(fault)
      if (fault.lasting) this.#lasting.push(ended.over)
      else await ended.over
    }
  }

  /** Waits until also what lasts is over. */
  async over(): Promise<void> {
    await Promise.all(this.#lasting)
  }

  async #one({ what, tells, begins, ends, patience = 900 }: Fault): Promise<{ readonly over: Promise<void> }> {
    for (const each of tells) this.#tells.add(each)
    // What is open already is not told again.
    await eventually(() => tells.every(each => !this.#isOpen(each)), 1200).catch(() => this.#wrong.push(`${what}: told before it began`))
    console.log(`${this.#second()} s: ${what}`)
    const since = Date.now()
    await begins().catch((error: unknown) => this.#wrong.push(`${what}: ${String(error)}`))
    const fired = await this.#seconds('firing', tells, since, patience)
    const mended = Date.now()
    console.log(`${this.#second()} s: over: ${what}; told after ${fired.join(', ')} s`)
    await ends().catch((error: unknown) => this.#wrong.push(`end of ${what}: ${String(error)}`))
    const over = this.#seconds('resolved', tells, mended, 2400).then(ended => {
      const rows = tells.map((alert, index) => `| ${what} | ${alert} | ${fired[index]} | ${ended[index]} |`)
      this.#rows.push(...rows)
      this.#wrong.push(...rows.filter(row => row.includes('NaN')))
      console.log(rows.join('\n'))
    })
    // In an object: a promise that is returned by itself is waited for.
    return { over }
  }

  /** Seconds from a moment until each is told of; NaN where it is not in time. */
  #seconds(status: Heard['status'], tells: readonly string[], since: number, patience: number): Promise<number[]> {
    return Promise.all(
      tells.map(async each => {
        const found = () => this.#listener.heard(since).find(heard => heard.status === status && nameOf(heard) === each)
        await eventually(() => found() !== undefined, patience).catch(() => {})
        return Math.round(((found()?.at ?? Number.NaN) - since) / 1000)
      }),
    )
  }

  #isOpen(alert: string): boolean {
    return this.#listener.heard().findLast(heard => nameOf(heard) === alert)?.status === 'firing'
  }

  #second(): number {
    return Math.round((Date.now() - this.#began) / 1000)
  }
}
