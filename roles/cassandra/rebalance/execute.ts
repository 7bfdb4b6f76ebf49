import { carryOut, type CarryOutOptions } from '../../../engine/operation/index.ts'
import { forget, type RingHosts } from '../node/index.ts'
import { cleanup, join, promote, settle, start, takePlace } from './enter.ts'
import { aside, confirmGone, decommission, stop } from './leave.ts'
import { operation, type About, type Journal } from './operation.ts'
import { ringAt, tokensAt } from './ring-at.ts'
import type { Step } from './steps.ts'
import type { Tools } from './tools.ts'

export interface ExecuteOptions extends Omit<CarryOutOptions<About, Step>, 'take'> {
  readonly hosts: RingHosts
  /** Makes a host that is new to the ring a node; throws where it fails. */
  provision(host: string): Promise<void>
  /** Seconds between two looks at a host. */
  readonly interval?: number
}

/** Takes the steps of a journal to its end. @throws Failed where a step cannot be taken */
export async function execute(journal: Journal, options: ExecuteOptions): Promise<void> {
  const { hosts, clock, interval = 3 } = options
  await carryOut(journal, operation, {
    ...options,
    async take(step, state, progress) {
      const { node } = step
      const whole = ringAt(state)
      const ring = new Map([...whole].filter(([name]) => name !== node))
      const tools: Tools = { hosts, clock, interval, keyspace: state.keyspace, ring, progress }
      const id = state.ids[node] ?? ''
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
          return void (await start(node, tokensAt(state, node), tools))
        case 'join':
          return { ids: { ...state.ids, [node]: (await join(node, tokensAt(state, node), tools)).id } }
        case 'settle':
          return void (await settle(node, tools))
        case 'cleanup':
          return void (await cleanup(node, whole, tools))
        case 'forget':
          return void (await forget(node, whole, hosts))
      }
    },
  })
}
