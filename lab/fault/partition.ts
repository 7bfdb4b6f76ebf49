import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { identityOf } from '../identity.ts'
import { hostNamed } from '../preconditions.ts'
import { attempt, type Command, run } from '../run.ts'
import type { FaultOf } from './kinds.ts'

/** Nobody's: frames for it go to every port of the bridge, and no card takes them. */
const nobody = '02:00:00:00:00:01'

/** Makes a host send what is for another nowhere: silently, open connections too, as behind a switch that failed. */
export function deafCommand(netns: string, address: string): Command {
  return ['ip', '-n', netns, 'neigh', 'replace', address, 'lladdr', nobody, 'dev', 'eth0', 'nud', 'permanent']
}

/** Ends deafCommand; fails where there is nothing to end. */
export function hearingCommand(netns: string, address: string): Command {
  return ['ip', '-n', netns, 'neigh', 'del', address, 'dev', 'eth0']
}

/** The hosts on the other side. */
export function otherSide(fleet: Fleet, { hosts, from }: FaultOf<'partition'>): readonly Host[] {
  return (from?.map(name => hostNamed(fleet, name)) ?? fleet.hosts).filter(({ name }) => !hosts.includes(name))
}

/** Parts one host from the other side, both ways. */
export async function part(fleet: Fleet, name: string, fault: FaultOf<'partition'>): Promise<void> {
  for (const command of both(fleet, name, fault, deafCommand)) await run(command)
}

/** Ends part, as far as no other partition wants it. */
export async function join(fleet: Fleet, name: string, fault: FaultOf<'partition'>): Promise<void> {
  for (const command of both(fleet, name, fault, hearingCommand)) await attempt(command)
}

function both(fleet: Fleet, name: string, fault: FaultOf<'partition'>, command: (netns: string, address: string) => Command): Command[] {
  const id = identityOf(fleet.name)
  const host = hostNamed(fleet, name)
  return otherSide(fleet, fault).flatMap(other => [
    command(id.netns(host.name), other.address),
    command(id.netns(other.name), host.address),
  ])
}
