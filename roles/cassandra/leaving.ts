import { isIP } from 'node:net'
import { Failed } from '../../engine/errors.ts'
import { spelled } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import { act, type AnyResource } from '../../engine/resources/index.ts'
import { stateFolder } from './config/yaml.ts'
import { overContext } from './node/over-shell.ts'
import { knownTo, testimonies, type Suspect, type Testimonies } from './node/witness.ts'
import { reclaimPath } from './reclaim.ts'
import { parseStatus, stateText, type NodeSeen } from './ring/index.ts'
import { repairUnit } from './scheduled-repair.ts'

/** What provision made on a node, and nothing else is kept in. */
export const purgedPaths = [
  '/etc/cassandra',
  '/usr/local/lib/cassandra',
  '/usr/local/bin/nodetool',
  '/usr/local/bin/cql',
  reclaimPath,
  '/etc/systemd/system/cassandra.service',
  `/etc/systemd/system/${repairUnit}.service`,
  `/etc/systemd/system/${repairUnit}.timer`,
] as const

/** Exit 0 where the server is off and stays so, by systemd's own word: one that says nothing, or starts again and again, is not off. */
export const isOff = `[[ $(systemctl is-active cassandra 2>/dev/null) =~ ^(inactive|failed)$ ]] && ! systemctl is-enabled -q cassandra`

/** A keyspace that each ring has, whatever its own is called. */
const everywhere = 'system_auth'

/** Is there since the other nodes said that none of them knows this one. What a start of the server leaves behind is newer than it. */
export const outMark = `${stateFolder}/out-of-ring`

/** Exit 0 where a node is off and the others have said that they do without it; it may be gone with all it kept. */
export const isOut = `${isOff} && { [ ! -d ${stateFolder} ] || [ ${outMark} -nt ${stateFolder}/commitlog ]; }`

/**
 * Looks whether a host that is to be no node any more has left its ring: a node that merely stops takes its copies with it, and the others
 * go on counting on it. Of a server that is off they are asked. `others`: hosts of the inventory that are nodes.
 */
export function outOfRing(host: Host, others: readonly Host[]): AnyResource {
  return act('out of its ring', {
    unless: isOut,
    does: `look whether it is out of its ring; if not, \`rebalance cassandra --remove ${host.name}\` comes first`,
    async act(context) {
      const { $ } = context
      const { exitCode } = await $`bash -c ${isOff}`.nothrow()
      if (exitCode === 0) {
        const pis = overContext(context, everywhere)
        const { addresses } = await pis.state(host.name)
        const own = isIP(host.address) === 0 ? [] : [spelled(host.address)]
        const said = await testimonies(
          others.map(({ name }) => name),
          pis,
        )
        const stays = whyOffStays({ node: host.name, id: '', addresses: [...own, ...addresses] }, said)
        if (stays) throw new Failed(stays)
      } else {
        const { stdout } = await $`nodetool status 2>/dev/null || true`
        const stays = whyItStays(host.name, parseStatus(stdout), others.length)
        if (stays) throw new Failed(stays)
      }
      await $`[ ! -d ${stateFolder} ] || { touch ${outMark} && sync ${outMark}; }`
    },
  })
}

/** Why a node whose server is off is not given up yet: another one counts on it, or says nothing. None where nobody does. Pure. */
export function whyOffStays(suspect: Suspect, said: Testimonies): { readonly message: string; readonly hint: string } | undefined {
  const known = knownTo(suspect, said)
  if (known.length > 0)
    return {
      message: `${suspect.node} is no longer to be a node, and others count on it: ${known.join('; ')}`,
      hint: `if its server starts, let it leave: \`systemctl start cassandra\` there, then rebalance cassandra --remove ${suspect.node}. If it never will: \`nodetool removenode\` with its ID on one of the others gives up what only it held`,
    }
  const silent = [...said].flatMap(([name, testimony]) => ('silent' in testimony ? [`${name}: ${testimony.silent}`] : []))
  if (silent.length === 0) return undefined
  return {
    message: `${suspect.node} is no longer to be a node, and whether others count on it is not known: ${silent.join('; ')}`,
    hint: 'run this again when they answer; a host that is to be no node either is taken out of the inventory first',
  }
}

/** Why a node must not be stopped for good; none where it is a ring of its own. `others`: how many more nodes the inventory knows. Pure. */
export function whyItStays(
  name: string,
  seen: readonly NodeSeen[],
  others: number,
): { readonly message: string; readonly hint: string } | undefined {
  if (seen.length === 1) return undefined
  if (seen.length > 1) {
    const ring = seen.map(node => `${node.address} ${stateText(node)}`).join(', ')
    return {
      message: `${name} is no longer to be a node, and is still one of a ring of ${seen.length} (${ring}): its data is not with the others yet`,
      hint: `let it leave first: rebalance cassandra --remove ${name}`,
    }
  }
  if (others === 0) return undefined
  return {
    message: `${name} is no longer to be a node, and its server does not say whether it still is one`,
    hint: `if it starts (\`systemctl start cassandra\` there), let it leave: rebalance cassandra --remove ${name}. If it never will, \`nodetool status\` on another node tells; \`nodetool removenode\` there gives it up, and \`systemctl disable --now cassandra\` here ends it`,
  }
}

/** Where its data is, and how it goes. */
export const nodeData = {
  path: stateFolder,
  leaves: 'the data of a node goes to the others of its ring: rebalance cassandra --remove HOST',
} as const
