import { stateText, type NodeSeen } from '../ring/index.ts'
import type { NodeState, RingHosts } from './port.ts'

/** The nodes of a ring that are to be asked about another one: host IDs by name in the inventory. */
export type Ring = ReadonlyMap<string, string>

/** A node of which is asked whether anybody counts on it. */
export interface Suspect {
  readonly node: string
  /** The host ID it had; empty where nobody knows. */
  readonly id: string
  /** Where it listens, or did. */
  readonly addresses: readonly string[]
}

/** What a witness said of the ring; why not, where it could not be asked, and whether its server ran all the same. */
export type Testimony =
  | { readonly sees: readonly NodeSeen[]; readonly addresses: readonly string[] }
  | { readonly silent: string; readonly runs?: boolean }

/** What all witnesses said, by name. */
export type Testimonies = ReadonlyMap<string, Testimony>

/** Asks nodes, at once. Never throws: who cannot be asked is silent. */
export async function testimonies(nodes: Iterable<string>, hosts: Pick<RingHosts, 'sees' | 'state'>): Promise<Testimonies> {
  return new Map(
    await Promise.all(
      [...nodes].map(async (name): Promise<[string, Testimony]> => {
        let runs = false
        try {
          const { addresses, service } = await hosts.state(name)
          runs = service === 'active'
          const sees = runs ? await hosts.sees(name) : []
          return [
            name,
            sees.length > 0
              ? { sees, addresses }
              : { runs, silent: runs ? 'its server does not answer' : `its server does not run (${service})` },
          ]
        } catch (error) {
          return [name, { runs, silent: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) }]
        }
      }),
    ),
  )
}

/** For whom a suspect is a node, by its ID or at its address, in whatever state. */
export function knownTo({ id, addresses }: Suspect, said: Testimonies): string[] {
  return [...said].flatMap(([name, testimony]) => {
    if ('silent' in testimony) return []
    const found = testimony.sees.find(node => node.id === id || addresses.includes(node.address))
    return found ? [`${name} lists it (${stateText(found)}, ${found.address}, ${found.id})`] : []
  })
}

/**
 * Why it is not proven that nobody counts on a node: none where it is. Pure.
 *
 * Proof takes every node of the ring, one at least: each answers, is who it was, sees exactly the others up and normal, and none
 * lists the suspect. So a ring that split, that is another one, or that has grown since proves nothing, and neither does silence.
 */
export function doubts(suspect: Suspect, ring: Ring, said: Testimonies): string[] {
  const { node, id } = suspect
  if (id === '') return [`it is not known which node ${node} was`]
  if (ring.size === 0) return ['there is no other node that could be asked']
  const reasons = [...knownTo(suspect, said)]
  const listed = new Set<string>()
  const known = new Set<string>()
  for (const [name, expected] of ring) {
    const testimony = said.get(name) ?? { silent: 'it was not asked' }
    if ('silent' in testimony) {
      reasons.push(`${name} cannot be asked: ${testimony.silent}`)
      continue
    }
    const itself = testimony.sees.find(({ address }) => testimony.addresses.includes(address))
    if (itself?.id !== expected) reasons.push(`${name} is not the node it was (${itself?.id ?? 'none'} instead of ${expected})`)
    for (const address of testimony.addresses) known.add(address)
    for (const other of testimony.sees) {
      if (other.id === id || suspect.addresses.includes(other.address)) continue
      listed.add(other.address)
      if (!other.up || other.state !== 'normal') reasons.push(`${name} sees ${other.address} ${stateText(other)}`)
    }
    const missing = [...ring].filter(([, one]) => !testimony.sees.some(other => other.id === one)).map(([other]) => other)
    if (missing.length) reasons.push(`${name} does not see ${missing.join(', ')}: is it of another ring?`)
  }
  for (const address of listed) if (!known.has(address)) reasons.push(`${address} is a node of the ring as well, and was not asked`)
  return [...new Set(reasons)]
}

const nobody: Suspect = { node: '', id: 'none', addresses: [] }

/** Why a ring is not whole: each of its nodes must answer, be who it was, and see all others up and normal, and none beside them. */
export async function notWhole(ring: Ring, hosts: Pick<RingHosts, 'sees' | 'state'>): Promise<string[]> {
  return doubts(nobody, ring, await testimonies(ring.keys(), hosts))
}

/** Why a node's own server speaks against it. */
export function ownDoubts({ service, mode }: Pick<NodeState, 'service' | 'mode'>): string[] {
  if (mode !== undefined && mode !== 'DECOMMISSIONED') return [`its own server says that it is ${mode}`]
  if (service !== 'inactive' && service !== 'failed') return [`its server is ${service}`]
  return []
}
