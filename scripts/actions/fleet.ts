import { selectHosts } from '../../engine/inventory/select.ts'
import { fleetOf } from '../cli/inventory.ts'
import { print } from '../cli/output.ts'
import type { CommonOptions } from '../cli/program.ts'
import { table } from '../cli/table.ts'

export async function list(patterns: readonly string[], options: CommonOptions): Promise<void> {
  const hosts = selectHosts(await fleetOf('fleet', options), patterns).map(({ name, address, user, port, jump, model, os, arch, roles, groups }) => ({
    name, address, user, port, jump, model: model ?? null, os: os ?? null, arch: arch ?? null, roles, groups,
  }))
  print(options.json, hosts, () =>
    table(['HOST', 'ADDRESS', 'MODEL', 'ROLES', 'GROUPS'], hosts.map(({ name, address, model, roles, groups }) => [name, address, model ?? '–', roles.join(' '), groups.join(' ')])),
  )
}
