import { Failed } from '../errors.ts'
import { Changes } from './changes.ts'

/** Where a host of the run stands, as far as turns go. */
export interface Standing {
  readonly name: string
  /** The turns it may need; unknown until its facts are there. */
  readonly wants: ReadonlySet<string> | undefined
  /** The turns it has, or had. */
  readonly has: ReadonlySet<string>
  /** The turns that ended well, before all of the host did. */
  readonly over: ReadonlySet<string>
  readonly ended: 'well' | 'failed' | undefined
}

/** May a host begin? It may, or which one goes first, or which one failed in its turn. */
export type Gate =
  | { readonly is: 'open' }
  | { readonly is: 'closed'; readonly until: string }
  | { readonly is: 'shut'; readonly by: string }

/**
 * Whether the host at `index` may begin its turn: all before it have ended well or want nothing of it. One that failed before its turn came
 * changed nothing in it and stands in nobody's way.
 */
export function gate(order: readonly Standing[], index: number, turn: string): Gate {
  const before = order.slice(0, index)
  const broken = before.find(other => other.ended === 'failed' && other.has.has(turn) && !other.over.has(turn))
  if (broken) return { is: 'shut', by: broken.name }
  const first = before.find(
    other => other.ended === undefined && !other.over.has(turn) && (other.wants === undefined || other.wants.has(turn)),
  )
  return first ? { is: 'closed', until: first.name } : { is: 'open' }
}

/**
 * Who of a run's hosts may change what is changed on one host at a time. Hosts wait for hosts before them only, so whatever
 * they wait for, the first of them never waits: there is no deadlock.
 */
export class Turns {
  readonly #order: Standing[]
  readonly #changes = new Changes()

  /** Names of the run's hosts in the inventory's order. */
  constructor(names: readonly string[]) {
    this.#order = names.map(name => ({ name, wants: undefined, has: new Set(), over: new Set(), ended: undefined }))
  }

  /** What a host may need turns for. */
  wants(name: string, turns: ReadonlySet<string>): void {
    this.#set(name, { wants: turns })
  }

  /**
   * Waits for a host's turns; true when one of them is new to it and another had that before. They are kept until `ended`, also when the
   * host is begun anew after a lost link. `waiting` is told who goes first. Throws `Failed` where one before it failed in its turn, and
   * when `stop` comes.
   */
  async take(
    name: string,
    turns: ReadonlySet<string>,
    waiting: (turn: string, until: string) => void,
    stop?: AbortSignal,
  ): Promise<boolean> {
    let others = false
    for (const turn of turns) {
      if (this.#order[this.#at(name)]?.has.has(turn)) continue
      for (let told = ''; ; ) {
        stop?.throwIfAborted()
        const now = gate(this.#order, this.#at(name), turn)
        if (now.is === 'open') break
        if (now.is === 'shut')
          throw new Failed({
            code: 'behind',
            message: `not begun: ${turn} on ${now.by} failed, and it is changed on one host at a time`,
            hint: `see what ${now.by} says; run the same command again once it is mended`,
          })
        if (now.until !== told) waiting(turn, (told = now.until))
        await this.#changes.next(stop)
      }
      others ||= this.#order.some(other => other.name !== name && other.has.has(turn))
      const { has } = this.#order[this.#at(name)] as Standing
      this.#set(name, { has: new Set([...has, turn]) })
    }
    return others
  }

  /** These turns of a host are over: what was changed in them was seen at work. */
  over(name: string, turns: ReadonlySet<string>): void {
    const { over } = this.#order[this.#at(name)] as Standing
    this.#set(name, { over: new Set([...over, ...turns]) })
  }

  /** A host is done and healthy, or has failed: its turns are over. */
  ended(name: string, how: 'well' | 'failed'): void {
    this.#set(name, { ended: how })
  }

  #at(name: string): number {
    return this.#order.findIndex(other => other.name === name)
  }

  #set(name: string, change: Partial<Standing>): void {
    const index = this.#at(name)
    this.#order[index] = { ...(this.#order[index] as Standing), ...change }
    this.#changes.tell()
  }
}
