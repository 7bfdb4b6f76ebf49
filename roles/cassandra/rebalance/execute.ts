import { Failed } from '../../../engine/errors.ts'
import { forget, type Clock, type RingHosts } from '../node/index.ts'
import { cleanup, join, promote, settle, start, takePlace } from './enter.ts'
import { isOver, ringAt, sealed, tokensAt, type Journal, type Seal } from './journal.ts'
import type { OwnJournal } from './journal-file.ts'
import { aside, confirmGone, decommission, stop } from './leave.ts'
import type { OnRebalance } from './progress.ts'
import { meaningOf, type Step } from './steps.ts'
import type { Tools } from './tools.ts'

/** Where the hosts keep copies of the journal. */
export interface JournalCopies {
  /** Writes it there, or, once it is over, notes that and takes it away. Throws where the host cannot be had. */
  keep(host: string, journal: Journal): Promise<void>
  /** A host that is no longer in the inventory keeps what it has. */
  known(host: string): boolean
}

export interface ExecuteOptions {
  readonly own: OwnJournal
  readonly seal: Seal
  readonly copies: JournalCopies
  readonly hosts: RingHosts
  readonly clock: Clock
  /** Makes a host that is new to the ring a node; throws where it fails. */
  provision(host: string): Promise<void>
  readonly on: OnRebalance
  /** Aborted: ends at the next look at a host. What runs there goes on. */
  readonly stop?: AbortSignal
  /** Seconds between two looks at a host. */
  readonly interval?: number
}

/**
 * Takes the steps of a journal from where it is to its end, and writes down each before the next begins.
 * @throws Failed where a step cannot be taken; the journal then stands at it
 */
export async function execute(journal: Journal, options: ExecuteOptions): Promise<void> {
  const { on } = options
  let state = journal
  await keep(state, options)
  const of = state.steps.length
  while (!isOver(state)) {
    const step = state.steps[state.at] as Step
    const place = { step: state.at + 1, of, state: step.state, node: step.node }
    on({ event: 'step', ...place, does: meaningOf(step) })
    const began = options.clock.now()
    const id = await take(step, state, options)
    state = { ...state, at: state.at + 1, ids: id === undefined ? state.ids : { ...state.ids, [step.node]: id } }
    // The last one is told by `finish`, which must be heard everywhere.
    if (!isOver(state)) await keep(state, options)
    on({ event: 'done', ...place, seconds: (options.clock.now() - began) / 1000 })
    if (options.stop?.aborted && !isOver(state)) throw stopped()
  }
  await finish(state, options)
}

/** First here, then on each host that can be had: whoever resumes takes the furthest. */
async function keep(journal: Journal, { own, seal, copies }: Pick<ExecuteOptions, 'own' | 'seal' | 'copies'>): Promise<void> {
  await own.write(sealed(journal, seal))
  await Promise.all(journal.hosts.filter(host => copies.known(host)).map(host => copies.keep(host, journal).catch(() => {})))
}

/**
 * Ends a rebalance: every host hears that it is over, and nobody keeps a journal of it.
 * @throws Failed with the hosts that did not hear; the controller then keeps it, to tell them later
 */
export async function finish(journal: Journal, { own, seal, copies }: Pick<ExecuteOptions, 'own' | 'seal' | 'copies'>): Promise<void> {
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
      message: `all is done but one thing: ${deaf.length} of ${known.length} hosts did not hear that this rebalance is over, and keep their journals of it`,
      output: deaf,
      hint: '`rebalance --resume` tells them, once they answer',
    })
  own.remove()
}

function stopped(): Failed {
  return new Failed({
    message: 'stopped',
    hint: 'what a node is at goes on there; `rebalance --resume` goes on, `rebalance --abort` says how the ring stands',
  })
}

/** Takes one step; gives the host ID of a node that joined. */
async function take(step: Step, journal: Journal, options: ExecuteOptions): Promise<string | undefined> {
  const { hosts, clock, on, interval = 3 } = options
  const { node } = step
  const whole = ringAt(journal)
  let last = ''
  const tools: Tools = {
    hosts,
    clock,
    interval,
    keyspace: journal.keyspace,
    ring: new Map([...whole].filter(([name]) => name !== node)),
    progress(text) {
      if (options.stop?.aborted) throw stopped()
      if (text !== last) on({ event: 'progress', node, text })
      last = text
    },
  }
  const id = journal.ids[node] ?? ''
  switch (step.state) {
    case 'promote':
      return void (await promote(node, step.seeds, tools))
    case 'decommission':
      return void (await decommission(node, id, tools))
    case 'confirm':
      return void (await confirmGone(node, id, tools))
    case 'stop':
      return void (await stop(node, tools))
    case 'aside':
      return void (await aside(node, id, tools))
    case 'place':
      return void (await takePlace(node, step, tools))
    case 'provision':
      return void (await options.provision(node))
    case 'start':
      return void (await start(node, tokensAt(journal, node), tools))
    case 'join':
      return (await join(node, tokensAt(journal, node), tools)).id
    case 'settle':
      return void (await settle(node, tools))
    case 'cleanup':
      return void (await cleanup(node, whole, tools))
    case 'forget':
      return void (await forget(node, whole, hosts))
  }
}
