import { diskAt } from '../../engine/disk.ts'
import { parseFacts, type Facts } from '../../engine/facts.ts'
import { selectHosts } from '../../engine/inventory/select.ts'
import { onEach } from '../../engine/run/on-each.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { asking } from '../../cli/asking.ts'
import { tellFailure } from '../../cli/failures.ts'
import { fleetOf } from './fleet-of.ts'
import { print } from '../../cli/output.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { size, table } from '../../cli/table.ts'

/** Asks hosts what they are. Those that do not answer are told of each, and make the exit code 1. */
export async function facts(patterns: readonly string[], options: CommonOptions & { readonly acceptNewKeys: boolean }): Promise<void> {
  const fleet = await fleetOf('fleet', options)
  const answers = await onEach(fleet, selectHosts(fleet, patterns), { acceptNewKeys: options.acceptNewKeys, ...asking() }, async session =>
    parseFacts(session.facts),
  )
  const known = [...answers].flatMap(([name, answer]) => ('value' in answer ? [{ name, ...answer.value }] : []))
  if (options.json || known.length > 0)
    print(
      options.json,
      Object.fromEntries([...answers].map(([name, answer]) => [name, 'value' in answer ? { facts: answer.value } : answer])),
      () => table(head, known.map(row), { right: [4, 5, 6, 7, 8] }),
    )
  for (const [name, answer] of answers) {
    if ('value' in answer) continue
    process.exitCode = exitCodes.failed
    if (!options.json) tellFailure(name, answer.failure)
  }
}

const head = ['HOST', 'MODEL', 'RELEASE', 'ARCH', 'CORES', 'RAM', 'FREE', 'DISK FREE', '°C']

function row({ name, model, release, architecture, cores, memory, memoryAvailable, disks, thermal }: Facts & { readonly name: string }) {
  const [temperature] = Object.values(thermal)
  return [
    name,
    model || '–',
    release,
    architecture,
    cores,
    size(memory),
    size(memoryAvailable),
    size(diskAt(disks, '/')?.free ?? 0),
    temperature === undefined ? '–' : (temperature / 1000).toFixed(1),
  ]
}
