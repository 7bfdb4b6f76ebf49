import { Failed } from '../../../engine/errors.ts'
import type { Beginning, Formatted } from './format.ts'

/** What a host of the fleet says of its storage. */
export type Storage =
  | { readonly formatted: Formatted }
  /** Nothing there. */
  | 'empty'
  /** Something, and no meta.properties. */
  | 'unknown'
  | { readonly silent: string }

/** What is known when a broker's storage is to begin. */
export interface Sight {
  readonly cluster: string
  readonly name: string
  readonly node: number
  readonly own: Storage
  /** The first broker of the inventory, who starts the cluster. */
  readonly first: string
  /** The others of the inventory, by name, and whether each is a controller. */
  readonly others: ReadonlyMap<string, { readonly storage: Storage; readonly controller: boolean }>
}

/**
 * How an empty storage begins; undefined where it is formatted already. Pure. A second cluster beside a first one would split the readings, so one is
 * started only where everybody else says that there is none.
 * @throws {Failed} where no beginning is safe
 */
export function beginningOf(sight: Sight): Beginning | undefined {
  const { own, name } = sight
  if (own === 'unknown')
    throw new Failed({
      message: `the storage of ${name} holds something that Kafka has not formatted, or its meta.properties is lost`,
      hint: 'look into /var/lib/kafka/data; what is of no use there: move it away, then run again. Nothing was formatted',
    })
  if (typeof own === 'object' && 'silent' in own) throw new Failed({ message: `the storage of ${name} cannot be read: ${own.silent}` })
  if (own !== 'empty') {
    refuseOther(sight, own.formatted)
    return undefined
  }
  return beginningOfEmpty(sight)
}

function refuseOther({ cluster, name, node }: Sight, { cluster: of, node: as }: Formatted): void {
  if (of !== cluster)
    throw new Failed({
      message: `the storage of ${name} is of the cluster ${of}, and this fleet’s is ${cluster}: it would not be let in`,
      hint: 'is this the card of another fleet, or were the secrets of this one lost? Bring them back; or move /var/lib/kafka/data away, then run again',
    })
  if (as !== node)
    throw new Failed({
      message: `the storage of ${name} is that of broker ${as}, and ${name} is broker ${node}: Kafka starts with neither`,
      hint: `set nodeId: ${as} for the role kafka on ${name}, where that is its own data; a broker keeps its number for ever`,
    })
}

function beginningOfEmpty({ cluster, name, first, others }: Sight): Beginning {
  const formatted = [...others].flatMap(([other, { storage, controller }]) =>
    typeof storage === 'object' && 'formatted' in storage && storage.formatted.cluster === cluster ? [{ other, controller }] : [],
  )
  if (formatted.some(({ controller }) => controller)) return 'joins'
  if (formatted.length)
    throw new Failed({
      message: `${formatted.map(({ other }) => other).join(', ')} ${formatted.length === 1 ? 'has' : 'have'} data of this cluster, and no controller has any: what the cluster knows of its topics was on a card that is gone`,
      hint: 'bring that card back, or its copy. Without it the readings on the brokers can only be copied by hand: nothing was formatted',
    })
  const silent = [...others].flatMap(([other, { storage }]) =>
    typeof storage === 'object' && 'silent' in storage ? [{ other, why: storage.silent }] : [],
  )
  if (silent.length)
    throw new Failed({
      message: `no cluster is to be seen, and ${silent.map(({ other }) => other).join(', ')} cannot be asked: one there would be a second one`,
      output: silent.map(({ other, why }) => `${other}: ${why}`),
      hint: `make ${silent.map(({ other }) => other).join(', ')} answer, or take the role kafka from it in the inventory for now`,
    })
  if (name !== first)
    throw new Failed({
      message: `${name} joins the cluster that ${first} starts, and ${first} has none yet`,
      hint: `provision ${first} first, or all of the fleet at once`,
    })
  return 'starts'
}
