import { Failed } from '../errors.ts'
import type { Host } from '../inventory/types.ts'
import { asksCluster } from './asks-cluster.ts'
import { connected } from './connected.ts'
import { neededBy } from './later.ts'
import type { ResolvedRole } from './resolve.ts'
import type { Run } from './run.ts'
import type { Seen } from './seen.ts'

/**
 * Looks, before a role's health is waited for, whether what belongs to a cluster that this run is not about lacks something for this host,
 * e.g. its account: nobody would make it meanwhile. Reads only. Where nobody of that cluster answers it is silent: health tells.
 * @throws {Failed} with what is lacking and the hosts to name
 */
export async function refuseUnmade(each: ResolvedRole, host: Host, run: Run, seen: Seen): Promise<void> {
  const elsewhere = neededBy(each, host, run).filter(need => seen.isElsewhere(need))
  for (const name of new Set(elsewhere.map(need => need.role))) {
    const role = run.roles[name]
    if (!role?.cluster) continue
    const hosts = run.fleet.hosts.filter(other => other.roles.includes(name))
    const [speaker] = hosts
    if (!speaker) continue
    const todo = await connected(run, speaker, async session => (await (await asksCluster(role, speaker, run, session))()).todo).catch(
      () => undefined,
    )
    const lacking = (todo?.items ?? []).flatMap(({ changes }) => changes).filter(change => change.for?.includes(host.name))
    if (lacking.length === 0) continue
    throw new Failed({
      code: 'behind',
      message: `${each.role.name} was not looked at: the cluster of ${name}, which this run is not about, has to ${lacking.map(({ does }) => does).join('; ')}`,
      role: each.role.name,
      hint: `what was changed here stays; now: provision ${[host, ...hosts].map(other => other.name).join(' ')}`,
    })
  }
}
