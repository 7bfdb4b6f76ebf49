import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadReport } from '../../collector/load/report.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { exec } from '../../lab/index.ts'
import { machineMeter, meter, type Use } from './cpu.ts'
import type { Name } from './inventory.ts'
import { first, unlimited } from './priority.ts'

/** One measurement: what was stored a second, and what it took. */
export interface Measured {
  readonly report: LoadReport
  readonly use: Readonly<Record<Name, Use>>
  /** Part of this machine's cores that were busy, with whatever else it did. */
  readonly machine: number
}

const inflight = 128
const roundSeconds = 20
const leastRounds = 3
const mostRounds = 5
let runs = 0

/** Saturates the nodes from the host `loader` with the real load tool. @throws where it fails */
async function load(fleet: Fleet, nodes: readonly string[], seconds: number): Promise<LoadReport> {
  const hosts = nodes.map(name => fleet.hosts.find(host => host.name === name)?.address).join()
  const { code, stdout, stderr } = await exec(fleet, 'loader', [
    'collect', '--backend', 'cassandra', '--host', hosts, '--password-file', '/etc/collector/cassandra-password',
    '--threads', '1', '--inflight', String(inflight), '--duration', `${seconds}s`, '--location', `bench${++runs}`, '--json',
  ])
  if (code !== 0) throw new Error(`the load tool ended with ${String(code)}: ${stderr}`)
  return JSON.parse(stdout) as LoadReport
}

/**
 * Loads nodes that may use all of the machine until two rounds are no longer clearly better than the best before them, then twice more within their limits.
 * So each server is as warm as any other, whenever it was started and however small its Pi.
 * @returns readings a second of each round
 */
export async function warmUp(fleet: Fleet, nodes: readonly string[]): Promise<readonly number[]> {
  const round = async () => (await load(fleet, nodes, roundSeconds)).tps
  const free = await unlimited(fleet.name, nodes, async () => {
    const rounds: number[] = []
    for (;;) {
      rounds.push(await round())
      const [before, last] = [rounds.slice(0, -2), rounds.slice(-2)]
      if (rounds.length >= mostRounds || (rounds.length >= leastRounds && Math.max(...last) < Math.max(...before) * 1.03)) return rounds
    }
  })
  return [...free, await round(), await round()]
}

/** Loads, before this machine's other work, and counts processor time meanwhile without the load tool's start and end. */
export const measure = (fleet: Fleet, nodes: readonly string[], seconds: number): Promise<Measured> => first(fleet.name, () => counted(fleet, nodes, seconds))

async function counted(fleet: Fleet, nodes: readonly string[], seconds: number): Promise<Measured> {
  const margin = 8
  const running = load(fleet, nodes, seconds)
  running.catch(() => {})
  await sleep(margin * 1000)
  const machine = machineMeter()
  const [a, b, loader] = await Promise.all([meter(fleet.name, 'a'), meter(fleet.name, 'b'), meter(fleet.name, 'loader')])
  await sleep((seconds - margin - 2) * 1000)
  const use = { a: await a(), b: await b(), loader: await loader() }
  const busy = machine()
  return { report: await running, use, machine: busy }
}
