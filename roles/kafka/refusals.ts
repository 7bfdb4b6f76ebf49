import { isIP } from 'node:net'
import type { Facts } from '../../engine/facts.ts'
import { isNearOnly } from '../../engine/inventory/address.ts'
import { Failed } from '../../engine/errors.ts'
import { minInSync, type Member } from './members.ts'
import type { KafkaVars } from './vars.ts'

const MiB = 2 ** 20

/** What all brokers of a fleet must be told alike. */
const common = ['topic', 'partitions', 'replication', 'minInSync', 'retention', 'controllers'] as const

/** Refuses, before anything changes, brokers that cannot be one cluster. @throws {Failed} with the numbers that do not fit */
export function refuseCluster(members: readonly Member[]): void {
  const [first] = members
  if (!first) return
  refuseDifferences(members, first)
  refuseQuorum(members, first.vars)
  refuseCopies(members, first.vars)
  refuseIds(members)
  refusePorts(members)
  refuseAddresses(members)
}

function refuseDifferences(members: readonly Member[], first: Member): void {
  for (const name of common) {
    const other = members.find(({ vars }) => vars[name] !== first.vars[name])
    if (other)
      throw new Failed({
        message: `${name} is ${first.vars[name] ?? 'not set'} for ${first.host.name} and ${other.vars[name] ?? 'not set'} for ${other.host.name}: it is the cluster’s, and has one value`,
        hint: `set kafka.${name} for the fleet or the group of all brokers in the inventory`,
      })
  }
}

function refuseQuorum(members: readonly Member[], { controllers }: KafkaVars): void {
  if (controllers === undefined) return
  if (controllers !== 1 && controllers !== 3)
    throw new Failed({
      message:
        controllers === 2
          ? '2 controllers are worse than 1: a majority of 2 is 2, so the cluster stands still when either is down'
          : `${controllers} controllers: a majority of them is ${Math.floor(controllers / 2) + 1}; a fleet of Pis has 1, or 3, of which one may be down`,
      hint: 'set controllers: 1 or controllers: 3 for the role kafka',
    })
  if (controllers > members.length)
    throw new Failed({
      message: `${controllers} controllers are asked for and there ${members.length === 1 ? 'is 1 broker' : `are ${members.length} brokers`}: each controller is a broker too`,
      hint: `give the role kafka to ${controllers - members.length} more hosts, or leave controllers out`,
    })
}

function refuseCopies(members: readonly Member[], vars: KafkaVars): void {
  if (vars.replication > members.length)
    throw new Failed({
      message: `replication ${vars.replication} asks for ${vars.replication} brokers and there ${members.length === 1 ? 'is 1' : `are ${members.length}`}: no broker holds two copies of one partition`,
      hint: `set replication to ${members.length} or less for the role kafka, or give the role to more hosts`,
    })
  if (minInSync(vars) > vars.replication)
    throw new Failed({
      message: `minInSync ${minInSync(vars)} is more than the ${vars.replication} ${vars.replication === 1 ? 'copy' : 'copies'} there are: no reading would ever be acknowledged`,
      hint: 'set minInSync to replication or less for the role kafka',
    })
}

function refuseIds(members: readonly Member[]): void {
  for (const [index, { id, host }] of members.entries()) {
    const other = members.slice(0, index).find(member => member.id === id)
    if (other)
      throw new Failed({
        message: `${other.host.name} and ${host.name} are both broker ${id}`,
        hint: `give one of them a number of its own: nodeId for the role kafka. It keeps that for ever, so give it to the one that has no data yet`,
      })
  }
}

const ports = ['port', 'brokerPort', 'controllerPort', 'metricsPort', 'guardPort'] as const

function refusePorts(members: readonly Member[]): void {
  for (const { host, vars } of members)
    for (const [index, name] of ports.entries()) {
      const other = ports.slice(0, index).find(each => vars[each] === vars[name])
      if (other)
        throw new Failed({
          message: `${other} and ${name} of ${host.name} are both ${vars[name]}: one program listens at a port`,
          hint: `give ${name} another number for the role kafka`,
        })
    }
}

function refuseAddresses(members: readonly Member[]): void {
  const named = members.find(({ host }) => isIP(host.address) === 0)
  if (named)
    throw new Failed({
      message: `${named.host.name} has the address ${named.host.address}: brokers tell others where they are, and do so by IP address`,
      hint: 'give its IP address in the inventory',
    })
  const near = members.find(({ host }) => isNearOnly(host.address))
  if (near && members.length > 1)
    throw new Failed({
      message: `other brokers do not reach ${near.host.name} at ${near.host.address}: such an address is known to one machine or one cable only`,
      hint: 'give an address of the network in the inventory',
    })
}

/** Refuses a Pi that cannot carry a broker. `planned`: bytes that all of the broker takes, of them `heap`. @throws {Failed} with numbers */
export function refuseBoard(
  facts: Pick<Facts, 'architecture' | 'memory'>,
  planned: { readonly heap: number; readonly total: number; readonly leastHeap: number; readonly replicas: number },
): void {
  const mib = (bytes: number) => Math.round(bytes / MiB)
  if (facts.architecture === 'armhf')
    throw new Failed({
      message:
        'its userland is 32-bit (armhf) and Kafka needs a 64-bit one: it maps the index of each segment it keeps, 5 MiB for each GiB of readings, and a ' +
        '32-bit process has 3072 MiB of addresses for these, its heap and all else',
      hint: 'install the 64-bit image (arm64) on a Pi 3, 4, 5 or Zero 2 W; or take the role kafka from this host',
    })
  if (planned.total > facts.memory)
    throw new Failed({
      message: `a heap of ${mib(planned.heap)} MiB makes a broker of ${mib(planned.total)} MiB, and this Pi has ${mib(facts.memory)} MiB`,
      hint: 'set a smaller heap for the role kafka, or leave it out: it is then computed from the RAM',
    })
  if (planned.heap < planned.leastHeap)
    throw new Failed({
      message: `a heap of ${mib(planned.heap)} MiB is too little for ${planned.replicas} partitions, which take ${mib(planned.leastHeap)} MiB: the server would only collect garbage`,
      hint: `set heap to ${mib(planned.leastHeap)} or more for the role kafka, or leave it out`,
    })
}
