import { displayPath } from '../../engine/inventory/paths.ts'
import { selectHosts } from '../../engine/inventory/select.ts'
import { fleetOf } from './fleet-of.ts'
import { print } from '../../cli/output.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { table } from '../../cli/table.ts'

/** Says that the inventory is right; what is wrong with it is thrown, with place and remedy. */
export async function check(options: CommonOptions): Promise<void> {
  const { name, file, hosts } = await fleetOf('fleet', options)
  print(
    options.json,
    { fleet: name, file, hosts: hosts.length },
    () =>
      `${displayPath(file, process.cwd())}: the fleet ${name} of ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}; nothing is wrong with it\n`,
  )
}

/** Shows hosts. */
export async function list(patterns: readonly string[], options: CommonOptions): Promise<void> {
  const hosts = selectHosts(await fleetOf('fleet', options), patterns).map(
    ({ name, address, user, port, jump, model, os, arch, roles, groups }) => ({
      name,
      address,
      user,
      port,
      jump,
      model: model ?? null,
      os: os ?? null,
      arch: arch ?? null,
      roles,
      groups,
    }),
  )
  print(options.json, hosts, () =>
    table(
      ['HOST', 'ADDRESS', 'MODEL', 'ROLES', 'GROUPS'],
      hosts.map(({ name, address, model, roles, groups }) => [name, address, model ?? '–', roles.join(' '), groups.join(' ')]),
    ),
  )
}
