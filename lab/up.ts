import { mkdir } from 'node:fs/promises'
import type { Fleet, Host } from '../engine/inventory/types.ts'
import { playBoards } from './board/start.ts'
import { hierarchies } from './cgroup/groups.ts'
import { LabError } from './errors.ts'
import type { LabEvent, Listener } from './events.ts'
import { settle, undo } from './fault/undo.ts'
import { ensureHost } from './host/ensure.ts'
import { ensureKeys } from './host/keys.ts'
import { machineResolvConf } from './host/personal.ts'
import { limitsOf } from './limits.ts'
import { raise, watchers, watchersFor } from './machine-setting.ts'
import { locked } from './lock.ts'
import { ensureNetwork } from './network/ensure.ts'
import type { DelayKind } from './network/link.ts'
import { subnetOf } from './network/addressing.ts'
import { installPackages, missingPackages } from './packages.ts'
import { labPaths } from './paths.ts'
import { hostNamed, requireRoot, requireSafeName } from './preconditions.ts'
import { rootFor } from './root/build.ts'
import { userlandOf } from './root/architecture.ts'

export interface UpOptions {
  /** Names of the hosts to boot; absent: all of the inventory. */
  readonly hosts?: readonly string[]
  /** Called with what goes on. */
  readonly on?: (event: LabEvent) => void
}

/**
 * Boots the fleet's hosts that are not up, and mends what is broken of the lab: faults in force at these hosts, what a killed `up` left
 * half-made. Installs Debian packages and builds root file systems that are missing, after saying so.
 * @throws LabError for what a user can cause or cure; when several hosts fail, one error tells of all
 */
export async function up(fleet: Fleet, options: UpOptions = {}): Promise<void> {
  const on = options.on ?? (() => {})
  requireRoot()
  requireSafeName(fleet)
  subnetOf(fleet)
  const hosts = chosen(fleet, options.hosts)
  for (const host of hosts) limitsOf(host)
  await installPackages(await missingPackages(fleet), on)
  const waiting = (owner: string): void => on({ kind: 'step', text: `Waiting for ${owner}, which works on this lab …` })
  // From here on this lab is there: others that are taken down leave it what they share.
  await mkdir(labPaths(fleet.name).dir, { recursive: true })
  // Before the lab is locked: these take minutes, belong to all labs and have locks of their own.
  const roots = await rootsFor(hosts, on)
  await locked(labPaths(fleet.name).lock, () => bringUp(fleet, hosts, roots, on), waiting)
}

async function bringUp(fleet: Fleet, hosts: readonly Host[], roots: ReadonlyMap<string, string>, on: Listener): Promise<void> {
  const began = Date.now()
  const all = await hierarchies()
  await ensureKeys(fleet)
  await raise(watchers, watchersFor(fleet.hosts.length))
  await ensureNetwork(fleet)
  if ((await machineResolvConf()).servers === 0) {
    on({ kind: 'warning', text: 'This machine names no name server that its hosts could reach: they will find no package mirror by name.' })
  }
  await playBoards(fleet, all)
  const names = hosts.map(({ name }) => name)
  await undo(fleet, ({ host }) => names.includes(host))
  const results = await Promise.allSettled(
    hosts.map(async host => {
      const { seconds, delay } = await ensureHost(fleet, host, rootOf(roots, host), all)
      on({ kind: 'host', host: host.name, seconds, text: describe(host, seconds, delay) })
    }),
  )
  await settle(
    fleet,
    names.filter((_, index) => results[index]?.status === 'fulfilled'),
  )
  throwAll(results, hosts)
  on({
    kind: 'step',
    text: `The lab ${fleet.name} is up: ${hosts.length} host${hosts.length === 1 ? '' : 's'} in ${((Date.now() - began) / 1000).toFixed(1)} s.`,
  })
}

/** One after the other: each uses all of the network and a core already. */
async function rootsFor(hosts: readonly Host[], on: Listener): Promise<Map<string, string>> {
  const roots = new Map<string, string>()
  for (const host of hosts) {
    const { release, arch } = userlandOf(host)
    const key = `${release} ${arch}`
    if (!roots.has(key)) roots.set(key, await rootFor(release, arch, on))
  }
  return roots
}

function rootOf(roots: ReadonlyMap<string, string>, host: Host): string {
  const { release, arch } = userlandOf(host)
  return roots.get(`${release} ${arch}`) ?? ''
}

function chosen(fleet: Fleet, names: readonly string[] | undefined): readonly Host[] {
  if (!names) return fleet.hosts
  return names.map(name => hostNamed(fleet, name))
}

function describe(host: Host, seconds: number, delay: DelayKind): string {
  const { release, arch } = userlandOf(host)
  const ways = { netem: "by the kernel's netem", line: 'by a delay line in user space, as this kernel has no netem' }
  const far = delay === 'none' ? '' : `, ${host.lab?.delay} ms away each way ${ways[delay]}`
  return `${host.address} ${release} ${arch}${far}: ${seconds === 0 ? 'is up already' : `up in ${seconds.toFixed(1)} s`}`
}

function throwAll(results: readonly PromiseSettledResult<void>[], hosts: readonly Host[]): void {
  const failures = results.flatMap((result, index) =>
    result.status === 'rejected' ? [{ host: hosts[index]?.name ?? '', reason: result.reason as Error }] : [],
  )
  const [first] = failures
  if (!first) return
  if (failures.length === 1) throw first.reason
  throw new LabError(
    `${failures.length} hosts did not come up:\n${failures.map(({ host, reason }) => `${host}: ${reason.message}`).join('\n')}`,
  )
}
