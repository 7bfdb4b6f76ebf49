import type { Fleet } from '../../engine/inventory/types.ts'
import * as lab from '../../lab/index.ts'
import type { LabEvent } from '../../lab/index.ts'
import { requireRoot } from '../../lab/preconditions.ts'
import { become } from '../../cli/child.ts'
import { colors } from '../../cli/colors.ts'
import { fleetOf } from './fleet-of.ts'
import { print, tell } from '../../cli/output.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { size, table } from '../../cli/table.ts'

/** Boots hosts, none named: all; prints where they are and how to get in. */
export async function up(names: readonly string[], options: CommonOptions): Promise<void> {
  const fleet = await openLab(options)
  await lab.up(fleet, { on: show, ...(names.length > 0 && { hosts: names }) })
  const hosts = fleet.hosts.filter(host => names.length === 0 || names.includes(host.name))
  const flag = options.inventory === undefined ? '' : ` --inventory ${options.inventory}`
  const rows = hosts.map(host => ({
    name: host.name,
    address: host.address,
    user: host.user,
    port: host.port,
    roles: host.roles,
    ssh: `lab ssh ${host.name}${flag}`,
  }))
  print(options.json, rows, () =>
    table(
      ['HOST', 'ADDRESS', 'ROLES', 'LOG IN'],
      rows.map(row => [row.name, row.address, row.roles.join(' '), row.ssh]),
    ),
  )
}

export async function down(options: CommonOptions): Promise<void> {
  const fleet = await openLab(options)
  await lab.down(fleet, owner => tell(`Waiting for ${owner}, which works on this lab …`))
  tell(`The lab ${fleet.name} is gone.`)
}

export async function status(options: CommonOptions): Promise<void> {
  const rows = await lab.status(await openLab(options))
  const head = ['HOST', 'STATE', 'MODEL', 'ADDRESS', 'OS', 'ARCH', 'RAM', 'USED', 'CPU', 'USED', 'DELAY']
  print(options.json, rows, () =>
    table(
      head,
      rows.map(({ name, state, model, address, os, arch, memory, cpu, delay }) => [
        name,
        painted(state),
        model,
        address,
        os,
        arch,
        size(memory.limit),
        size(memory.used),
        cpu.limit.toFixed(2),
        cpu.used.toFixed(2),
        delay ? `${delay} ms` : '–',
      ]),
      { right: [6, 7, 8, 9, 10] },
    ),
  )
}

export async function limits(options: CommonOptions): Promise<void> {
  const rows = lab.limits(await fleetOf('lab', options))
  print(options.json, rows, () =>
    table(
      ['HOST', 'MODEL', 'RAM', 'CORES', 'CPU', 'WHY'],
      rows.map(({ host, model, memory, cores, cpu, why }) => [host, model, size(memory), cores, cpu.toFixed(2), why]),
      { right: [2, 3, 4] },
    ),
  )
}

/** Keeps the cards under a name; without one lists what is kept. */
export async function snapshot(name: string | undefined, remove: boolean, options: CommonOptions): Promise<void> {
  const fleet = await openLab(options)
  if (name === undefined)
    return print(
      options.json,
      lab.snapshots(fleet),
      () =>
        lab
          .snapshots(fleet)
          .map(each => `${each}\n`)
          .join('') || 'There is none yet.\n',
    )
  if (remove) return lab.removeSnapshot(fleet, name)
  await lab.snapshot(fleet, name, show)
  tell(`Kept as ${name}; \`lab restore ${name}\` puts it back.`)
}

export async function restore(name: string, options: CommonOptions): Promise<void> {
  await lab.restore(await openLab(options), name, show)
}

/** Logs in to a host, or runs a command line in its shell. */
export async function ssh(host: string, command: readonly string[], options: CommonOptions): Promise<void> {
  await become('ssh', [...lab.sshArgs(await openLab(options), host), ...(command.length > 0 ? ['--', ...command] : [])])
}

/** Runs a program inside a host as root. */
export async function exec(host: string, command: readonly string[], options: CommonOptions): Promise<void> {
  const [program, ...args] = await lab.execCommand(await openLab(options), host, command)
  await become(program, args)
}

export async function reset(hosts: readonly string[], options: CommonOptions): Promise<void> {
  await lab.reset(await openLab(options), hosts, show)
}

/** Before the inventory is read: that it needs root is the first thing to know. */
export async function openLab(options: CommonOptions): Promise<Fleet> {
  requireRoot()
  return fleetOf('lab', options)
}

export function show(event: LabEvent): void {
  const { yellow, bold, dim } = colors(process.stderr)
  switch (event.kind) {
    case 'step':
      return tell(event.text)
    case 'warning':
      return tell(`${yellow('warning:')} ${event.text}`)
    case 'progress':
      return tell(dim(`  ${event.text} (${Math.round(event.seconds)} s)`))
    case 'host':
      return tell(`  ${bold(event.host)} ${event.text}`)
  }
}

function painted(state: lab.HostState): string {
  const { green, red, yellow } = colors(process.stdout)
  return state === 'up' ? green(state) : state === 'down' ? red(state) : yellow(state)
}
