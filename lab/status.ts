import { setTimeout as sleep } from 'node:timers/promises'
import { existsSync, readFileSync } from 'node:fs'
import type { Architecture, Fleet, Host, Release } from '../engine/inventory/types.ts'
import { groupOf, hierarchies, isFrozen, processesOf } from './cgroup/groups.ts'
import type { Hierarchies } from './cgroup/hierarchies.ts'
import { readUsage, usageFiles } from './cgroup/usage.ts'
import { leaderOf } from './host/process.ts'
import { identityOf } from './identity.ts'
import { defaultModel, limitsOf } from './limits.ts'
import { octetOf } from './network/addressing.ts'
import { userlandOf } from './root/architecture.ts'

/** `cut`: runs, but its cable is out. */
export type HostState = 'up' | 'down' | 'frozen' | 'cut'

export interface HostStatus {
  readonly name: string
  readonly model: string
  readonly address: string
  readonly os: Release
  readonly arch: Architecture
  readonly state: HostState
  /** Bytes; `used` without the page cache, 0 when it is down. */
  readonly memory: { readonly limit: number; readonly used: number }
  /** Shares of one core of this machine; `used` over the sample. */
  readonly cpu: { readonly limit: number; readonly used: number }
  /** One-way network delay in milliseconds. */
  readonly delay: number
}

/**
 * How every host of the fleet is, sorted as in the inventory.
 * @param sample seconds over which processor use is measured
 */
export async function status(fleet: Fleet, sample = 0.5): Promise<HostStatus[]> {
  const all = await hierarchies()
  const { prefix } = identityOf(fleet.name)
  const use = (host: Host) => readUsage(usageFiles(all, groupOf(prefix, host.name)))
  const [before, began] = [fleet.hosts.map(use), performance.now()]
  await sleep(sample * 1000)
  const seconds = (performance.now() - began) / 1000
  return Promise.all(
    fleet.hosts.map(async (host, index) => {
      const [then, now] = [before[index], use(host)]
      const { memory, cpu } = limitsOf(host)
      const { release, arch } = userlandOf(host)
      const state = await stateOf(fleet, host, all)
      const busy = then && now ? now.user + now.system - then.user - then.system : 0
      return {
        name: host.name,
        model: host.model ?? defaultModel,
        address: host.address,
        os: release,
        arch,
        state,
        memory: { limit: memory, used: now && state !== 'down' ? Math.max(0, now.charged - now.cache) : 0 },
        cpu: { limit: cpu, used: Math.max(0, busy / seconds) },
        delay: host.lab?.delay ?? 0,
      }
    }),
  )
}

async function stateOf(fleet: Fleet, host: Host, all: Hierarchies): Promise<HostState> {
  const id = identityOf(fleet.name)
  const group = groupOf(id.prefix, host.name)
  if ((await leaderOf(await processesOf(all, group))) === undefined) return 'down'
  if (await isFrozen(all, group)) return 'frozen'
  const flags = `/sys/class/net/${id.link(octetOf(host.address))}/flags`
  // Lowest bit: the device is up.
  return existsSync(flags) && Number(readFileSync(flags, 'utf8')) % 2 === 1 ? 'up' : 'cut'
}
