import { execa } from 'execa'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet, Host } from '../../../engine/inventory/types.ts'
import * as lab from '../../../lab/index.ts'
import type { Scenario } from '../../../lab/scenario/schema.ts'
import type { Counted, Hit, Look, Rows, World } from '../../../lab/scenario/world.ts'
import { type Agent, askQueue, producersOf } from './agents.ts'
import { chosen } from './choose.ts'
import type { Found } from './found.ts'
import { kafkaLeader } from './kafka.ts'
import { newCard } from './new-card.ts'
import { countIn } from './stores.ts'

export interface WorldOptions {
  /** Nothing is injected: every fault must then be told to have had no effect. */
  readonly disarmed?: boolean
  /** Chooses among hosts that would all do; 0 to 1. */
  readonly random?: () => number
}

/** A lab whose agents send to one kind of store. @throws LabError where no agent of it can be counted */
export function labWorld(fleet: Fleet, store: Scenario['store'], options: WorldOptions = {}): World {
  const agents = producersOf(fleet, store)
  if (agents.length === 0)
    throw new lab.LabError(
      `No producer of ${fleet.name} can be counted in ${store}.`,
      `It takes producers that send there, with a note that is just {sequence}.`,
    )
  const queues = () => Promise.all(agents.map(async agent => ({ agent, queue: await askQueue(agent) })))
  return {
    resolve: async (hosts): Promise<readonly Hit[]> =>
      (await Promise.all(hosts.map(host => chosen(fleet, host, () => kafkaLeader(fleet), options.random)))).flat(),

    look: async (): Promise<Look> => {
      const all = await queues()
      const known = all.flatMap(({ queue }) => queue ?? [])
      return {
        stored: known.reduce((sum, { taken, waiting }) => sum + taken - waiting, 0),
        waiting: known.reduce((sum, { waiting }) => sum + waiting, 0),
        silent: all.filter(({ queue }) => queue === undefined).map(({ agent }) => agent.host.name),
      }
    },

    inject: fault => lab.injectProven(fleet, fault, { owned: true, armed: !options.disarmed }),
    heal: async which =>
      void (await lab.heal(fleet, each => which === undefined || ('id' in which ? each.id === which.id : which.hosts.includes(each.host)))),

    newCard: hosts => Promise.all(hosts.map(host => newCard(fleet, host, !options.disarmed))),

    run: async ([command = '', ...words]) => {
      const bin = fileURLToPath(new URL(`../../bin/${command}.mjs`, import.meta.url))
      const { exitCode, all } = await execa(process.execPath, [bin, '--inventory', fleet.file, ...words], {
        reject: false,
        all: true,
        stdin: 'ignore',
      })
      return { code: exitCode ?? -1, text: all ?? '' }
    },

    earlier: async () => {
      // Rows by the minute change until the minute is long over: what is wrong with them now says nothing.
      if (store === 'flink') return []
      const acknowledged = (await queues()).map(({ agent, queue }) => [agent.host.name, queue ? queue.taken - queue.waiting : 0] as const)
      return countedBy(acknowledged, await countIn[store](fleet))
    },

    count: async within => {
      try {
        const taken = await Promise.all(agents.map(async agent => [agent.host.name, await drained(fleet, agent, within)] as const))
        return countedBy(taken, await countIn[store](fleet))
      } finally {
        await Promise.all(agents.map(({ host }) => onHost(fleet, host, 'systemctl start collector').catch(() => '')))
      }
    },
  }
}

const countedBy = (taken: readonly (readonly [place: string, taken: number])[], found: Found): readonly Counted[] =>
  taken.map(([place, last]) => ({ place, taken: last, found: found.get(place) ?? new Map<number, Rows>() }))

/**
 * Stops an agent once it has delivered all; the number of its last reading. A stop delivers what is queued for some seconds at most: what
 * it left, the next start does.
 */
async function drained(fleet: Fleet, { host, backend }: Agent, within: number): Promise<number> {
  for (const end = Date.now() + within * 1000; ; await sleep(2000)) {
    await onHost(fleet, host, 'systemctl stop collector')
    const { last = 0, backends } = JSON.parse(await onHost(fleet, host, 'collect queue --json --config /etc/collector/config.json')) as {
      last?: number
      backends: readonly { name: string; length: number }[]
    }
    const waiting = backends.find(({ name }) => name === backend)?.length ?? 0
    if (waiting === 0) return last
    if (Date.now() > end) throw new lab.LabError(`${host.name} still has ${waiting} readings that ${backend} did not take.`)
    await onHost(fleet, host, 'systemctl start collector')
    await sleep(3000)
  }
}

async function onHost(fleet: Fleet, { name }: Host, script: string): Promise<string> {
  const { code, stdout, stderr } = await lab.exec(fleet, name, ['bash', '-c', script])
  if (code !== 0) throw new lab.LabError(`${name}: ${script}: ${(stderr || stdout).trim().split('\n').at(-1)}`)
  return stdout.trim()
}
