import { Failed } from '../../../engine/run/failure.ts'
import { cleanup, join, promote, setCopies, settle, start, takePlace } from './enter.ts'
import { Hosts } from './hosts.ts'
import { journalOnHost, removeJournal, writeJournal, writesJournal, type Journal } from './journal.ts'
import { confirmGone, decommission, stop, wipe } from './leave.ts'
import type { OnRebalance } from './progress.ts'
import { meaningOf, type Step } from './steps.ts'
import type { Tools } from './tools.ts'

export interface ExecuteOptions {
  /** The inventory file, beside which the journal is. */
  readonly inventory: string
  readonly hosts: Hosts
  readonly keyspace: string
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
  const { inventory, hosts, on } = options
  let state = journal
  await keep(state, options)
  const of = state.steps.length
  for (; state.at < of; ) {
    const step = state.steps[state.at] as Step
    const place = { step: state.at + 1, of, state: step.state, node: step.node }
    on({ event: 'step', ...place, does: meaningOf(step) })
    const began = Date.now()
    await take(step, state, options)
    state = { ...state, at: state.at + 1 }
    await keep(state, options)
    on({ event: 'done', ...place, seconds: (Date.now() - began) / 1000 })
    if (options.stop?.aborted && state.at < of) throw stopped()
  }
  await Promise.all(state.hosts.map(host => hosts.attempt(host, `rm -f ${journalOnHost}`)))
  removeJournal(inventory)
}

/** First here, then on each host that can be had: whoever resumes takes the furthest. */
async function keep(journal: Journal, { inventory, hosts }: ExecuteOptions): Promise<void> {
  await writeJournal(inventory, journal)
  await Promise.all(journal.hosts.map(host => hosts.attempt(host, writesJournal(journal))))
}

function stopped(): Failed {
  return new Failed({ message: 'stopped', hint: 'what a node is at goes on there; `rebalance --resume` goes on, `rebalance --abort` says how the ring stands' })
}

async function take(step: Step, journal: Journal, options: ExecuteOptions): Promise<void> {
  const { hosts, keyspace, on, interval = 3 } = options
  const { node } = step
  let last = ''
  const tools: Tools = {
    hosts, keyspace, interval,
    others: journal.hosts.filter(name => name !== node),
    progress(text) {
      if (options.stop?.aborted) throw stopped()
      if (text !== last) on({ event: 'progress', node, text })
      last = text
    },
  }
  switch (step.state) {
    case 'copies': return setCopies(node, step.keyspaces, step.copies, tools)
    case 'promote': return promote(node, step.seeds, tools)
    case 'decommission': return decommission(node, step.id, tools)
    case 'confirm': return confirmGone(node, step.id, tools)
    case 'stop': return stop(node, step.forGood, tools)
    case 'wipe': return wipe(node, step.id, step.forGood, tools)
    case 'place': return takePlace(node, step, tools)
    case 'provision':
      // To anybody else the host is one whose ring is about to change.
      await hosts.text(node, `rm -f ${journalOnHost}`)
      await hosts.release(node)
      return options.provision(node)
    case 'start': return start(node, tools)
    case 'join': return join(node, tools)
    case 'settle': return settle(node, tools)
    case 'cleanup': return cleanup(node, tools)
  }
}
