import type { ActContext } from '../../engine/act.ts'
import type { Host } from '../../engine/inventory/types.ts'
import { detached, detachedState } from '../../engine/operation/detached.ts'
import { Failed } from '../../engine/errors.ts'
import { saidLines } from '../../engine/last-words.ts'
import { nodesOf } from './nodes.ts'

const hours = 6

/** One repair of a keyspace, on as many nodes as it takes. */
export interface Repair {
  readonly keyspace: string
  /** Tells it from an earlier one, which may still run and saw other copies. */
  readonly stamp: string
  /** Every node is to hold all of the keyspace. */
  readonly everywhere: boolean
  /** Nodes of the ring. */
  readonly nodes: number
}

/** What it is called where it is written down that it is owed. */
export const repairOf = (keyspace: string) => `repair-${keyspace}`

/** So many copies are one on each of so many nodes. */
export const isEverywhere = (copies: number, nodes: number) => copies >= nodes

type Shell = ActContext['$']

/**
 * Gives every node what it is to hold of a keyspace. Where that is all of it on each, one node compares all with all; else each repairs the
 * ranges it is the first to hold. It goes on where a link breaks, as a unit of its own on the Pi. Returns when it was seen to end well on
 * every node; throws else, also where a node cannot be asked.
 */
export async function repair(work: Repair, context: ActContext): Promise<void> {
  if (work.everywhere) return repairOn(context.host, context.$, `-full ${work.keyspace}`, work, context)
  const nodes: { readonly host: Host; readonly $: Shell }[] = []
  for (const host of nodesOf(context.fleet)) {
    const $ = host.name === context.host.name ? context.$ : await context.on(host)
    // Who does not run is no node: every node is up when copies are changed.
    if ((await $`systemctl is-active cassandra || true`).stdout.trim() === 'active') nodes.push({ host, $ })
  }
  if (nodes.length !== work.nodes)
    throw new Failed({
      message: `the ring has ${work.nodes} nodes, and ${nodes.length} of the inventory run (${nodes.map(({ host }) => host.name).join(', ')}): ${work.keyspace} cannot be repaired on all`,
      hint: 'start the missing one, write it into the inventory, or give it up (`nodetool removenode`); then run again',
    })
  for (const { host, $ } of nodes) await repairOn(host, $, `-full -pr ${work.keyspace}`, work, context)
}

async function repairOn(host: Host, $: Shell, options: string, { keyspace, stamp }: Repair, { until, say }: ActContext): Promise<void> {
  const unit = `repair-${keyspace}-${stamp}`
  const start = () => $`bash -c ${detached(unit, `/usr/local/bin/nodetool repair ${options}`)}`
  let code = await stateOf($, unit)
  if (code !== 'running') {
    say(`${host.name} copies what it is to hold of ${keyspace} by now (nodetool repair)`)
    await start()
  }
  await until(async () => {
    code = await stateOf($, unit)
    // A Pi that has booted since knows nothing of it any more.
    if (code === '') await start()
    if (code === '' || code === 'running') throw new Error(`${host.name} still repairs ${keyspace}`)
  }, hours * 3600)
  if (code !== '0')
    throw new Failed({
      message: `${host.name} could not copy what it is to hold of ${keyspace}`,
      output: saidLines((await $`tail -n 200 /run/${unit}.log`).stdout).slice(-8),
      hint: 'mend the cause, then run the same command again: it repairs anew',
    })
}

const stateOf = async ($: Shell, unit: string) => (await $`bash -c ${detachedState(unit)}`).stdout.trim()
