import { Failed } from '../../../engine/errors.ts'
import { doubts, knownTo, setAside, stillness, testimonies } from '../node/index.ts'
import { size } from '../../../engine/size.ts'
import type { Tools } from './tools.ts'

const tries = 3
/** Seconds without anything new after which somebody must look. */
const patience = 900

/** Lets a node leave, and waits for it however often the link breaks: the work runs on the node itself. */
export async function decommission(node: string, id: string, tools: Tools): Promise<void> {
  const { hosts, clock, ring, progress, interval } = tools
  let failures = 0
  const still = stillness(clock, patience)
  for (let looks = 0; ; looks++) {
    const { service, mode, streams, leaving, addresses } = await hosts.state(node)
    if (mode === 'DECOMMISSIONED') return
    if (still(`${service} ${mode} ${streams.sent}`))
      throw new Failed({
        message: `${node} does not leave the ring: nothing new for ${patience / 60} minutes`,
        output: await hosts.words(node, 'leaving'),
        hint: 'it keeps its data; mend the cause, then: rebalance cassandra --resume',
      })
    if (mode === 'LEAVING')
      progress(streams.toSend > 0 ? `${size(streams.sent)} of ${size(streams.toSend)} sent` : 'tells the others that it leaves')
    else if (mode === 'NORMAL' || mode === 'DECOMMISSION_FAILED') {
      const itself = (await hosts.sees(node)).find(({ address }) => addresses.includes(address))?.id
      if (itself !== undefined && itself !== id)
        throw new Failed({
          message: `${node} is another node than the one that should leave (${itself}, not ${id})`,
          hint: 'the ring has changed since: `rebalance cassandra --abort` leaves it as it is, `rebalance cassandra --check` shows it',
        })
      // nodetool has ended and the node is still there: refused, or a stream broke, or the Pi was restarted meanwhile.
      if (leaving !== 'running' && leaving !== 'none' && looks > 0 && ++failures >= tries)
        throw new Failed({
          message: `${node} cannot leave the ring`,
          output: await hosts.words(node, 'leaving'),
          hint: 'it is still a node and keeps its data; mend the cause, then: rebalance cassandra --resume',
        })
      if (leaving !== 'running' && itself !== undefined) await hosts.perform(node, { do: 'leave' })
    } else if (mode === undefined) {
      // Its server does not answer. Either it has left, and was stopped; or it fell over, and must come back to leave.
      const said = await testimonies(ring.keys(), hosts)
      const suspect = { node, id, addresses }
      const [reason] = doubts(suspect, ring, said)
      if (reason === undefined) return
      if (knownTo(suspect, said).length > 0 && service !== 'active' && service !== 'activating') {
        progress('its server does not answer: started again, so that it can leave')
        await hosts.perform(node, { do: 'start' })
      } else
        progress(
          knownTo(suspect, said).length > 0 ? 'its server starts, so that it can leave' : `whether it has left is not known: ${reason}`,
        )
    } else progress(`is in mode ${mode}`)
    await clock.pause(interval)
  }
}

/** Waits until every other node says that it is gone. @throws Failed after three minutes, for then something is wrong */
export async function confirmGone(node: string, id: string, { hosts, clock, ring, progress, interval }: Tools): Promise<void> {
  const end = clock.now() + 180_000
  for (;;) {
    const { addresses, mode } = await hosts.state(node)
    const reasons =
      mode === 'NORMAL'
        ? ['it says itself that it is a node']
        : doubts({ node, id, addresses }, ring, await testimonies(ring.keys(), hosts))
    if (reasons.length === 0) return
    if (clock.now() > end)
      throw new Failed({
        message: `${node} has left, and that is not proven yet`,
        output: reasons,
        hint: 'mend what stands there (`nodetool gossipinfo` tells more), then: rebalance cassandra --resume',
      })
    progress(reasons[0] ?? '')
    await clock.pause(interval)
  }
}

/** Ends the server: a decommissioned one keeps running. From now until it is started, no boot of the Pi starts it either. */
export async function stop(node: string, { hosts }: Tools): Promise<void> {
  const { mode } = await hosts.state(node)
  if (mode !== undefined && mode !== 'DECOMMISSIONED')
    throw new Failed({
      message: `${node} is a node (${mode}): its server is not stopped`,
      hint: 'the ring has changed since: `rebalance cassandra --abort` leaves it as it is, `rebalance cassandra --check` shows it',
    })
  await hosts.perform(node, { do: 'stop' })
}

/** Moves a node's data aside, after asking once more that nobody counts on it. */
export async function aside(node: string, id: string, { hosts, clock, ring, progress }: Tools): Promise<void> {
  await setAside({ node, id, ring }, hosts, clock, progress)
}
