import type { Fleet, Host } from '../engine/inventory/types.ts'
import { LabError } from './errors.ts'

/** @throws LabError unless this is Linux and we are root */
export function requireRoot(): void {
  if (process.platform !== 'linux') throw new LabError('A lab needs Linux.', 'Run it in a Debian or Ubuntu VM.')
  if (process.getuid?.() !== 0)
    throw new LabError('A lab needs root: it makes namespaces, mounts and limits.', 'Run the command with sudo.')
}

/** @throws LabError for a fleet whose name, or a host's, cannot be part of a path */
export function requireSafeName(fleet: Fleet): void {
  for (const name of [fleet.name, ...fleet.hosts.map(host => host.name)]) {
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/i.test(name))
      throw new LabError(`"${name}" cannot be the name of a lab or its host.`, 'Use letters, digits and hyphens.')
  }
}

/** @throws LabError when the fleet has no such host */
export function hostNamed(fleet: Fleet, name: string): Host {
  const host = fleet.hosts.find(candidate => candidate.name === name)
  if (!host) throw new LabError(`The lab ${fleet.name} has no host ${name}.`, `It has: ${fleet.hosts.map(each => each.name).join(', ')}.`)
  return host
}
