import { isSameAddress, spelled } from '../../engine/inventory/address.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { stateText, type NodeSeen } from './ring/index.ts'
import { percent } from './tokens/index.ts'

/** The ring as a table for people: who, where, how, and how much of the keyspace. */
export function ringText(nodes: readonly NodeSeen[], fleet: Fleet): string {
  const name = (address: string) => fleet.hosts.find(host => isSameAddress(host.address, address))?.name ?? address
  const known = fleet.hosts.map(host => spelled(host.address))
  const order = (address: string) => (known.includes(address) ? known.indexOf(address) : known.length)
  const rows = [
    ['NODE', 'ADDRESS', 'STATE', 'TOKENS', 'LOAD', 'OWNS'],
    ...[...nodes]
      .sort((a, b) => order(a.address) - order(b.address))
      .map(node => [
        name(node.address),
        node.address,
        stateText(node),
        String(node.tokens),
        node.load === undefined ? '–' : `${(node.load / 2 ** 20).toFixed(1)} MiB`,
        node.owns === undefined ? '–' : percent(node.owns),
      ]),
  ]
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))
  return rows
    .map(row =>
      row
        .map((cell, column) => (column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
