import type { Fleet } from '../../../engine/inventory/types.ts'
import { LabError } from '../../../lab/index.ts'
import { hostNamed } from '../../../lab/preconditions.ts'
import type { Hit } from '../../../lab/scenario/world.ts'

/** A host that leads, and the others, those first who have most of what it leads. */
export interface Led {
  readonly leader: string
  readonly followers: readonly string[]
}

/** Which hosts of a role are meant. */
const whiches = ['any', 'all', 'majority', 'minority', 'leader', 'follower'] as const

/**
 * The hosts that a word means: a name, or a role and which of its hosts (`kafka:leader`, `cassandra:any`, `producers:all` is
 * `collector:all`); `*` is all of the fleet.
 * @param led who leads now, of a role that has a leader
 * @throws LabError where the fleet has no such host
 */
export async function chosen(
  fleet: Fleet,
  word: string,
  led: (role: string) => Promise<Led | undefined>,
  random: () => number = () => 0,
): Promise<readonly Hit[]> {
  if (word === '*') return fleet.hosts.map(({ name }) => ({ host: name }))
  const [role = '', which] = word.split(':')
  if (which === undefined) return [{ host: hostNamed(fleet, word).name }]
  const hosts = fleet.hosts.filter(({ roles }) => roles.includes(role)).map(({ name }) => name)
  if (hosts.length === 0) throw new LabError(`No host of ${fleet.name} has the role ${role}.`)
  if (!(whiches as readonly string[]).includes(which))
    throw new LabError(`Which of ${role} is "${which}"?`, `It knows: ${whiches.join(', ')}.`)
  const from = Math.floor(random() * hosts.length) % hosts.length
  const turned = [...hosts.slice(from), ...hosts.slice(0, from)]
  const as = (names: readonly string[], what: string): readonly Hit[] => names.map(host => ({ host, as: `${role} ${what}` }))
  switch (which) {
    case 'all':
      return as(hosts, 'all')
    case 'majority':
      return as(turned.slice(0, Math.floor(hosts.length / 2) + 1), 'majority')
    case 'minority':
      return as(turned.slice(0, Math.max(1, Math.ceil(hosts.length / 2) - 1)), 'minority')
    case 'leader':
    case 'follower': {
      const leads = await led(role)
      if (leads === undefined) throw new LabError(`Nobody says which host leads ${role}.`)
      if (which === 'leader') return as([leads.leader], 'leader')
      if (leads.followers.length === 0) throw new LabError(`${role} has no follower: it is one host.`)
      return as(leads.followers.slice(0, 1), 'follower')
    }
    default:
      return as(turned.slice(0, 1), 'any')
  }
}
