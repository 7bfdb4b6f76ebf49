import type { Host } from '../../engine/inventory/types.ts'
import { Failed } from '../../engine/errors.ts'
import { act, type AnyResource } from '../../engine/resources/index.ts'
import { doesErrand } from './admin/run.ts'
import { healthTopic } from './admin/words.ts'
import type { StorageSeen } from './admin/quorum.ts'
import { metaFile } from './config/paths.ts'
import type { Member } from './members.ts'
import { parseMeta } from './storage/format.ts'

/** Exit 0 where the server is off and stays so, by systemd's own word. */
const isOff = `[[ $(systemctl is-active kafka 2>/dev/null) =~ ^(inactive|failed)$ ]] && ! systemctl is-enabled -q kafka`

/** Looks whether a host that is to be no broker any more holds nothing that the others count on. `others`: brokers that stay. */
export function leavesCluster(host: Host, others: readonly Member[]): AnyResource {
  return act('out of its cluster', {
    unless: isOff,
    does: 'look whether the others have all that it holds, and it is no controller any more',
    async act({ $, on }) {
      if (others.length === 0) return
      const own = parseMeta((await $`cat ${metaFile}`).stdout)
      if (!own) return
      const [first] = others as [Member]
      const asks = doesErrand(others, { timeout: 20, ask: ['storage', 'quorum'] })
      const { stdout } = await (await on(first.host))`bash -c ${asks}`
      const reason = whyItStays(host.name, own.node, JSON.parse(stdout) as Seen)
      if (reason) throw new Failed(reason)
    },
  })
}

interface Seen {
  readonly storage: Readonly<Record<number, StorageSeen>>
  readonly quorum: { readonly voters: readonly { readonly id: number }[] }
  readonly topics: readonly { readonly name: string; readonly partitions: readonly { readonly replicas: readonly number[] }[] }[]
}

/** Why a broker must not be stopped for good; undefined where it may. Pure. */
export function whyItStays(
  name: string,
  id: number,
  { topics, quorum }: Seen,
): { readonly message: string; readonly hint: string } | undefined {
  const held = topics
    .filter(topic => topic.name !== healthTopic(id))
    .map(topic => ({ name: topic.name, count: topic.partitions.filter(({ replicas }) => replicas.includes(id)).length }))
    .filter(({ count }) => count > 0)
  if (held.length)
    return {
      message: `${name} is no longer to be a broker, and holds ${held.map(topic => `${topic.count} partitions of ${topic.name}`).join(', ')}: the others do not have its copies yet`,
      hint: `give it the role again; \`rebalance kafka --remove ${name}\` moves them to the others and lets it go`,
    }
  if (quorum.voters.some(voter => voter.id === id))
    return {
      message: `${name} is no longer to be a broker, and is a controller still: the others go on counting on it`,
      hint: 'provision the other brokers first: they take it out of the quorum',
    }
  return undefined
}
