import type { Clock, Course } from '../../../engine/operation/index.ts'
import { forget, type RingHosts } from '../node/index.ts'
import { cleanup, join, promote, settle, start, takePlace } from './enter.ts'
import { aside, confirmGone, decommission, stop } from './leave.ts'
import type { About } from './operation.ts'
import { ringAt, tokensAt } from './ring-at.ts'
import type { Step } from './steps.ts'
import type { Tools } from './tools.ts'

export interface TakeOptions {
  readonly hosts: RingHosts
  readonly clock: Clock
  /** Makes a host that is new to the ring a node; throws where it fails. */
  provision(host: string): Promise<void>
  /** Seconds between two looks at a host. */
  readonly interval: number
}

/** Takes one step of a rebalance. A node that joined gives its new host ID, which is written down. */
export function taking({ hosts, clock, provision, interval }: TakeOptions): Course<About, Step>['take'] {
  return async (step, journal, progress) => {
    const { node } = step
    const whole = ringAt(journal)
    const ring = new Map([...whole].filter(([name]) => name !== node))
    const tools: Tools = { hosts, clock, interval, keyspace: journal.keyspace, ring, progress }
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
        return void (await provision(node))
      case 'start':
        return void (await start(node, tokensAt(journal, node), tools))
      case 'join':
        return { ids: { ...journal.ids, [node]: (await join(node, tokensAt(journal, node), tools)).id } }
      case 'settle':
        return void (await settle(node, tools))
      case 'cleanup':
        return void (await cleanup(node, whole, tools))
      case 'forget':
        return void (await forget(node, whole, hosts))
    }
  }
}
