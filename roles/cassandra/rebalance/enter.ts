import { setTimeout as pause } from 'node:timers/promises'
import { Failed } from '../../../engine/run/failure.ts'
import { seedsOverride } from '../config/yaml.ts'
import { detached, detachedState } from '../detached.ts'
import { dataFolders, parseNetstats, stateText } from '../ring/index.ts'
import { cleanupUnit, copiesCql, writesSeeds, writesTokens } from './commands.ts'
import { bytes } from './figures.ts'
import type { Tools } from './tools.ts'
import { seenBy } from './witness.ts'

/** Lets system keyspaces have so many copies. The server refuses it while a node is down or moving. */
export async function setCopies(node: string, keyspaces: readonly string[], copies: number, { hosts }: Tools): Promise<void> {
  await hosts.text(node, `cql <<'.'\n${copiesCql(keyspaces, copies)}\n.`)
}

/** Writes tokens and seeds of the next start. */
export async function takePlace(node: string, { tokens, seeds, nodes }: { readonly tokens: readonly string[]; readonly seeds: readonly string[]; readonly nodes: number }, { hosts }: Tools): Promise<void> {
  await hosts.text(node, `${writesTokens(tokens, nodes)} && ${writesSeeds(seeds)}`)
}

/** Gives a node other seeds for its next start. */
export async function promote(node: string, seeds: readonly string[], { hosts }: Tools): Promise<void> {
  await hosts.text(node, writesSeeds(seeds))
}

export async function start(node: string, { hosts }: Tools): Promise<void> {
  await hosts.text(node, 'systemctl reset-failed cassandra 2>/dev/null; systemctl enable -q cassandra && systemctl start cassandra', 300)
}

const tries = 3

/**
 * Waits until every node sees it up and normal. One that fell over while it joined begins again from nothing: what was
 * streamed to it until then is still with the others.
 */
export async function join(node: string, tools: Tools): Promise<void> {
  const { hosts, others, progress, interval } = tools
  let failures = 0
  for (;;) {
    const answer = await hosts.text(node, 'systemctl is-active cassandra; nodetool netstats 2>/dev/null; true')
    const service = answer.split('\n')[0]
    const { mode, streams } = parseNetstats(answer)
    if (mode === 'NORMAL') {
      const blind = await blindTo(await addressesOf(node, tools))
      if (blind === undefined) return
      progress(blind)
    } else if (service === 'failed' || service === 'inactive' || (service === 'activating' && mode === undefined && (await crashed(node, tools)))) {
      if (++failures > tries) {
        const words = await hosts.text(node, `journalctl -u cassandra -n 60 -o cat --no-pager | grep -E 'ERROR|Exception|refus|cannot' | tail -n 8; true`)
        throw new Failed({ message: `${node} does not join the ring`, output: words.trim().split('\n'), hint: `see \`journalctl -u cassandra\` on ${node}; then: rebalance --resume` })
      }
      await again(node, tools)
    } else progress(streams.toReceive > 0 ? `${bytes(streams.received)} of ${bytes(streams.toReceive)} received` : mode === undefined ? 'starts' : mode.toLowerCase())
    await pause(interval * 1000)
  }

  /** Who does not see it up and normal yet. */
  async function blindTo(addresses: readonly string[]): Promise<string | undefined> {
    for (const other of [node, ...others]) {
      const nodes = await seenBy(other, tools)
      // A host that is no node (yet) has no say.
      if (nodes.length === 0 && other !== node) continue
      const seen = nodes.find(each => addresses.includes(each.address))
      if (!seen || !seen.up || seen.state !== 'normal') return `${other} sees it ${seen ? stateText(seen) : 'not at all'}`
    }
    return undefined
  }
}

/** Where it listens, as an address also where its settings say a name. */
async function addressesOf(node: string, { hosts }: Tools): Promise<readonly string[]> {
  const said = await hosts.text(node, `name=$(sed -n 's/^rpc_address: *//p' /etc/cassandra/cassandra.yaml); echo "$name"; getent ahostsv4 "$name" | cut -d' ' -f1; true`)
  return [...new Set(said.split('\n').filter(Boolean))]
}

/** systemd starts it again and again: then waiting helps nobody. */
async function crashed(node: string, { hosts }: Tools): Promise<boolean> {
  return Number(await hosts.text(node, 'systemctl show -p NRestarts --value cassandra')) > 0
}

async function again(node: string, tools: Tools): Promise<void> {
  const { hosts, others, progress } = tools
  const addresses = await addressesOf(node, tools)
  for (const other of others) {
    const seen = (await seenBy(other, tools)).find(each => addresses.includes(each.address))
    // It got as far as being a node: then it only has to start, and its data must stay.
    if (seen?.state === 'normal') {
      progress('is a node already: started again')
      return start(node, tools)
    }
  }
  progress('fell over while it joined: begins again')
  await hosts.text(node, `systemctl stop cassandra; rm -rf ${dataFolders.join(' ')}`, 300)
  await start(node, tools)
}

/** Takes back what held while the ring changed. */
export async function settle(node: string, { hosts }: Tools): Promise<void> {
  await hosts.text(node, `rm -f ${seedsOverride}`)
}

/** Throws away what a node gave to others. Runs on the node itself, however often the link breaks. */
export async function cleanup(node: string, { hosts, interval, progress }: Tools): Promise<void> {
  await hosts.text(node, `[ "$(cat /run/${cleanupUnit}.code 2>/dev/null)" = 0 ] && rm -f /run/${cleanupUnit}.code; ${detached(cleanupUnit, '/usr/local/bin/nodetool cleanup')}`)
  for (;;) {
    const state = (await hosts.text(node, detachedState(cleanupUnit))).trim()
    if (state === '0') return
    if (state !== 'running') {
      const words = await hosts.text(node, `tail -n 8 /run/${cleanupUnit}.log; true`)
      throw new Failed({ message: `cleanup failed on ${node}`, output: words.trim().split('\n'), hint: 'all data is where it belongs, and some is there twice; mend the cause, then: rebalance --resume' })
    }
    progress('rewrites its SSTables')
    await pause(interval * 1000)
  }
}
