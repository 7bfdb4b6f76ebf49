import { isIP } from 'node:net'
import type { Facts } from '../../engine/facts.ts'
import { isNearOnly } from '../../engine/inventory/address.ts'
import { Failed } from '../../engine/errors.ts'
import { withProcess, type Member } from './members.ts'
import { portNames, type FlinkVars } from './vars.ts'

/** What all Pis with Flink must be told alike. */
const common = ['state', 'shared', 'checkpointInterval', 'retained', 'restartDelay', 'restartDelayMost'] as const

/** Refuses, before anything changes, Pis that cannot be one cluster. @throws {Failed} with what does not fit */
export function refuseCluster(all: readonly Member[]): void {
  const [first] = all
  if (!first) return
  refuseJobManagers(all)
  refuseDifferences(all, first)
  refuseAddresses(all)
  for (const member of all) refusePorts(member)
  if (all.length > 1 && !first.vars.shared)
    throw new Failed({
      message: `Flink runs on ${all.map(({ host }) => host.name).join(', ')}, and they have no folder in common: a checkpoint is written by all TaskManagers and read by the JobManager`,
      hint:
        'mount one folder (NFS, say) of all of them at /var/lib/flink/checkpoints and one at /var/lib/flink/savepoints, ' +
        'then set shared: true for the role flink; or run both processes on one Pi',
    })
}

function refuseJobManagers(all: readonly Member[]): void {
  const leading = withProcess(all, 'jobmanager')
  if (leading.length > 1)
    throw new Failed({
      message: `${leading.map(({ host }) => host.name).join(' and ')} would each run a JobManager: a fleet has one, for two without ZooKeeper know nothing of each other's jobs`,
      hint: `set processes: taskmanager for the role flink on ${leading
        .slice(1)
        .map(({ host }) => host.name)
        .join(', ')}`,
    })
  if (leading.length === 0)
    throw new Failed({
      message: `${all.map(({ host }) => host.name).join(', ')} would run a TaskManager only: without a JobManager nobody gives it work`,
      hint: 'set processes: both, or processes: jobmanager, for the role flink on one host',
    })
  if (withProcess(all, 'taskmanager').length === 0)
    throw new Failed({
      message: `${leading[0]?.host.name} would run a JobManager only: without a TaskManager no job has a slot`,
      hint: 'set processes: both for the role flink there, or give the role with processes: taskmanager to another host',
    })
}

function refuseDifferences(all: readonly Member[], first: Member): void {
  for (const name of common) {
    const other = all.find(({ vars }) => vars[name] !== first.vars[name])
    if (other)
      throw new Failed({
        message: `${name} is ${first.vars[name]} for ${first.host.name} and ${other.vars[name]} for ${other.host.name}: jobs run on all of them, so it has one value`,
        hint: `set flink.${name} for the fleet or the group of all hosts with Flink in the inventory`,
      })
  }
}

function refuseAddresses(all: readonly Member[]): void {
  const named = all.find(({ host }) => isIP(host.address) === 0)
  if (named)
    throw new Failed({
      message: `${named.host.name} has the address ${named.host.address}: the processes tell each other where they are, and do so by IP address`,
      hint: 'give its IP address in the inventory',
    })
  const near = all.find(({ host }) => isNearOnly(host.address))
  if (near && all.length > 1)
    throw new Failed({
      message: `others do not reach ${near.host.name} at ${near.host.address}: such an address is known to one machine or one cable only`,
      hint: 'give an address of the network in the inventory',
    })
}

function refusePorts({ host, vars }: Member): void {
  const twice = portNames.flatMap((name, index) => {
    const other = portNames.slice(0, index).find(each => vars[each] === vars[name])
    return other === undefined ? [] : [`${other} and ${name} are both ${vars[name]}`]
  })[0]
  if (twice !== undefined)
    throw new Failed({ message: `on ${host.name} ${twice}`, hint: 'give each port of the role flink a number of its own' })
}

/** Refuses a Pi on which no plan of memory helps. @throws {Failed} */
export function refuseBoard({ architecture }: Pick<Facts, 'architecture'>, { state }: Pick<FlinkVars, 'state'>): void {
  if (architecture === 'armhf' && state === 'rocksdb')
    throw new Failed({
      message: 'its userland is 32-bit (armhf), and RocksDB is not built for one',
      hint: 'set state: hashmap for the role flink, or install the 64-bit image (arm64) on a Pi 3, 4, 5 or Zero 2 W',
    })
}
