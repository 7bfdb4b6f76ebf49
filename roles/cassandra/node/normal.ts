import type { Clock } from '../../../engine/operation/clock.ts'
import { Failed } from '../../../engine/errors.ts'
import { size } from '../../../engine/size.ts'
import type { NodeState, RingHosts } from './port.ts'
import { stillness } from './stillness.ts'

export interface Waiting {
  readonly hosts: RingHosts
  readonly clock: Clock
  /** Every other node: it cannot join, nor start, while none of them runs. */
  readonly others: readonly string[]
  /** Seconds between two looks. */
  readonly interval: number
  progress(text: string): void
}

/** Starts it is given, and minutes without anything new, before somebody must look. */
const tries = 3
const patience = 15

const onItsWay: readonly (string | undefined)[] = [undefined, 'STARTING', 'JOINING', 'JOINING_FAILED']

/**
 * Waits until a node is one. What fell over is started again with what it has: the server takes all of its share anew then, and a
 * node that became one meanwhile keeps what it was given since. Nodes that are off are started as well, for it needs them.
 * @throws Failed where it does not come up, or is about to leave
 */
export async function becomesNormal(node: string, { hosts, clock, others, interval, progress }: Waiting): Promise<NodeState> {
  let failures = 0
  const still = stillness(clock, patience * 60)
  for (;;) {
    const state = await hosts.state(node)
    const { service, restarts, mode, streams } = state
    if (mode === 'NORMAL') return state
    if (!onItsWay.includes(mode))
      throw new Failed({
        message: `the node of ${node} is ${mode}: a change of the ring is under way, or was cut off`,
        hint: 'finish it: rebalance cassandra --resume',
      })
    const fell = service === 'failed' || service === 'inactive' || mode === 'JOINING_FAILED' || (mode === undefined && restarts > 0)
    const nothingNew = still(`${service} ${mode} ${streams.received}`)
    if (failures >= tries && fell) throw await failed('its server ends again and again')
    if (nothingNew) throw await failed(`nothing new for ${patience} minutes`)
    if (fell) {
      failures++
      await wake(others, { hosts, progress })
      progress(mode === 'JOINING_FAILED' ? 'could not take its data: begins again' : 'its server ended: started again')
      if (mode !== undefined) await hosts.perform(node, { do: 'stop' })
      await hosts.perform(node, { do: 'start' })
    } else
      progress(
        streams.toReceive > 0
          ? `${size(streams.received)} of ${size(streams.toReceive)} received`
          : mode === undefined
            ? 'starts'
            : mode.toLowerCase(),
      )
    await clock.pause(interval)
  }

  async function failed(why: string): Promise<Failed> {
    return new Failed({
      message: `${node} does not join the ring: ${why}`,
      output: await hosts.words(node, 'server'),
      hint: `mend the cause, then run the same command again; \`journalctl -u cassandra\` on ${node} has all of it`,
    })
  }
}

/** Starts the servers of nodes that are off. Who cannot be asked is left alone. */
async function wake(others: readonly string[], { hosts, progress }: Pick<Waiting, 'hosts' | 'progress'>): Promise<void> {
  for (const other of others) {
    const state = await hosts.state(other).catch(() => undefined)
    if (state?.tokens === undefined || !state.remains || (state.service !== 'inactive' && state.service !== 'failed')) continue
    progress(`the server of ${other} is off: started`)
    await hosts.perform(other, { do: 'start' }).catch(() => {})
  }
}
