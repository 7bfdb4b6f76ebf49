import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadReport } from '../../collector/load/report.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { exec } from '../../lab/index.ts'
import { machineMeter, meter, type Use } from './cpu.ts'
import type { Name } from './inventory.ts'
import { apart, first, unlimited } from './priority.ts'

/** One measurement: what was stored a second, and what it took. */
export interface Measured {
  /** Of each load tool. */
  readonly reports: readonly LoadReport[]
  readonly use: Readonly<Record<Name, Use>>
  /** Part of this machine's cores that were busy, with whatever else it did. */
  readonly machine: number
}

/** Enough for both nodes of a ring: while the one stands still at its limit the other must not run out of work. */
export const inflight = 512
const roundSeconds = 20
/** INSERTs after which a server's JIT has little left to do. */
const warm = 1_000_000
const mostRounds = 30
const leastSteady = 3
const mostSteady = 6
let runs = 0

/**
 * Saturates the nodes from the host `loader` with the real load tool. Into the table that tokens alone divide: all rows of one location and day would go to one
 * node. @throws where it fails
 */
async function load(fleet: Fleet, nodes: readonly string[], seconds: number): Promise<LoadReport> {
  const hosts = nodes.map(name => fleet.hosts.find(host => host.name === name)?.address).join()
  const { code, stdout, stderr } = await exec(fleet, 'loader', [
    'collect',
    '--backend',
    'cassandra',
    '--host',
    hosts,
    '--user',
    'collector-loader',
    '--ca',
    '/etc/collector/ca.pem',
    '--password-file',
    '/etc/collector/cassandra-password',
    '--no-by-day',
    '--threads',
    '1',
    '--inflight',
    String(inflight),
    '--duration',
    `${seconds}s`,
    '--location',
    `bench${++runs}`,
    '--json',
  ])
  if (code !== 0) throw new Error(`the load tool ended with ${String(code)}: ${stderr}`)
  return JSON.parse(stdout) as LoadReport
}

/**
 * Loads nodes that may use all of the machine until each has stored a million rows since its start, then within their limits until a round is
 * not clearly better than the best before it: a JIT compiles anew what runs otherwise than before. So each server is as warm as any other,
 * whenever it was started and however small its Pi.
 * @returns readings a second of each round
 */
export async function warmUp(fleet: Fleet, nodes: readonly string[]): Promise<readonly number[]> {
  const round = async () => (await load(fleet, nodes, roundSeconds)).tps
  const free = await unlimited(fleet.name, nodes, async () => {
    const rounds: number[] = []
    while (Math.min(...(await Promise.all(nodes.map(node => stored(fleet, node))))) < warm) {
      if (rounds.length === mostRounds) throw new Error(`${nodes.join(' and ')}: not warm after ${mostRounds} rounds`)
      rounds.push(await round())
    }
    return rounds
  })
  const limited = await steady(fleet, async () => {
    const rounds: number[] = []
    do rounds.push(await round())
    while (rounds.length < leastSteady || (rounds.length < mostSteady && (rounds.at(-1) ?? 0) > 1.03 * Math.max(...rounds.slice(0, -1))))
    return rounds
  })
  return [...free, ...limited]
}

/** Rows a node has stored since its server started. @throws where it does not say */
async function stored(fleet: Fleet, node: string): Promise<number> {
  const text = await inside(fleet, node, 'nodetool tablestats temperature.reading')
  const count = /Local write count: (\d+)/.exec(text)?.[1]
  // Taken for warm, it would be measured cold.
  if (count === undefined) throw new Error(`${node}: \`nodetool tablestats\` does not say what was stored:\n${text}`)
  return Number(count)
}

/** Both Pis on their processor and the load tool on its own, before this machine's other work. */
const steady = <Value>(fleet: Fleet, work: () => Promise<Value>): Promise<Value> =>
  first(fleet.name, () => apart(fleet.name, ['a', 'b'], ['loader'], work))

/** Loads rings, each with a load tool of its own, all at once, and counts processor time meanwhile without the load tools' start and end. */
export function measure(fleet: Fleet, rings: readonly (readonly string[])[], seconds: number): Promise<Measured> {
  return steady(fleet, async () => {
    const margin = 8
    const running = Promise.all(rings.map(nodes => load(fleet, nodes, seconds)))
    running.catch(() => {})
    await sleep(margin * 1000)
    const machine = machineMeter()
    const [a, b, loader] = await Promise.all([meter(fleet.name, 'a'), meter(fleet.name, 'b'), meter(fleet.name, 'loader')])
    await sleep((seconds - margin - 2) * 1000)
    const use = { a: await a(), b: await b(), loader: await loader() }
    const busy = machine()
    return { reports: await running, use, machine: busy }
  })
}

/** Readings a second of all load tools together. */
export const tpsOf = ({ reports }: Measured): number => reports.reduce((sum, { tps }) => sum + tps, 0)

/** Runs shell text inside a host. @throws where it fails */
export async function inside(fleet: Fleet, host: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await exec(fleet, host, ['bash', '-c', script])
  if (code !== 0) throw new Error(`${host}: \`${script}\` ended with ${String(code)}: ${stderr}`)
  return stdout.trim()
}
