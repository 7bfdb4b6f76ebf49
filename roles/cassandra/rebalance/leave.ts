import { setTimeout as pause } from 'node:timers/promises'
import { Failed } from '../../../engine/run/failure.ts'
import { detached, detachedState } from '../detached.ts'
import { parseNetstats } from '../ring/index.ts'
import { decommissionUnit, wipes } from './commands.ts'
import { bytes } from './figures.ts'
import type { Tools } from './tools.ts'
import { known } from './witness.ts'

const tries = 3

/** Lets a node leave, and waits for it however often the link breaks: the work runs on the node itself. */
export async function decommission(node: string, id: string, tools: Tools): Promise<void> {
  const { hosts, progress, interval } = tools
  let failures = 0
  for (let looks = 0; ; looks++) {
    const { stdout } = await hosts.run(node, 'nodetool netstats 2>/dev/null; true')
    const { mode, streams } = parseNetstats(stdout)
    if (mode === 'DECOMMISSIONED') return
    if (mode === 'LEAVING') progress(streams.toSend > 0 ? `${bytes(streams.sent)} of ${bytes(streams.toSend)} sent` : 'tells the others that it leaves')
    else if (mode === 'NORMAL' || mode === 'DECOMMISSION_FAILED') {
      const state = (await hosts.text(node, detachedState(decommissionUnit))).trim()
      // nodetool has ended and the node is still there: refused, or a stream broke, or the Pi was restarted meanwhile.
      if (state !== 'running' && looks > 0 && state !== '' && ++failures >= tries) {
        const words = await hosts.text(node, `tail -n 8 /run/${decommissionUnit}.log; true`)
        throw new Failed({ message: `${node} cannot leave the ring`, output: words.trim().split('\n').slice(-8), hint: 'it is still a node and keeps its data; mend the cause, then: rebalance --resume' })
      }
      if (state !== 'running') await hosts.text(node, detached(decommissionUnit, '/usr/local/bin/nodetool decommission'))
    } else if (mode === undefined) {
      // Its server does not answer. Either it has left, and was stopped; or it fell over, and must come back to leave.
      if ((await known(id, tools)) === undefined) return
      progress('its server does not answer: started again, so that it can leave')
      await hosts.text(node, 'systemctl reset-failed cassandra 2>/dev/null; systemctl start cassandra', 300)
    } else progress(`is in mode ${mode}`)
    await pause(interval * 1000)
  }
}

/** Waits until no other node knows it. @throws Failed after three minutes, for then something is wrong */
export async function confirmGone(node: string, id: string, tools: Tools): Promise<void> {
  const end = Date.now() + 180_000
  for (;;) {
    const witness = await known(id, tools)
    if (witness === undefined) return
    if (Date.now() > end) throw new Failed({ message: `${node} has left, and is still a node for ${witness}`, hint: `look at \`nodetool gossipinfo\` on ${witness}; then: rebalance --resume` })
    tools.progress(`still a node for ${witness}`)
    await pause(tools.interval * 1000)
  }
}

/** Ends the server: a decommissioned one keeps running. */
export async function stop(node: string, forGood: boolean, { hosts }: Tools): Promise<void> {
  await hosts.text(node, `systemctl ${forGood ? 'disable -q --now' : 'stop'} cassandra && ! systemctl -q is-active cassandra`, 300)
}

/** Throws a node's data away, after asking once more that nobody counts on it. */
export async function wipe(node: string, id: string, forGood: boolean, tools: Tools): Promise<void> {
  const witness = await known(id, tools)
  if (witness !== undefined) throw new Failed({ message: `${node} is a node of the ring for ${witness}: its data is not thrown away`, hint: 'see `rebalance --check`' })
  await tools.hosts.text(node, `! systemctl -q is-active cassandra && ${wipes(forGood)}`)
}
