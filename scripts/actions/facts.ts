import type { Facts } from '../../engine/facts.ts'
import { selectHosts } from '../../engine/inventory/select.ts'
import { factsOfHosts } from '../../engine/run/facts-of-hosts.ts'
import { asking } from '../cli/asking.ts'
import { colors } from '../cli/colors.ts'
import { fleetOf } from '../cli/inventory.ts'
import { print, tell } from '../cli/output.ts'
import type { CommonOptions } from '../cli/program.ts'
import { size, table } from '../cli/table.ts'

/** Asks hosts what they are. Those that do not answer are told of each, and make the exit code 1. */
export async function facts(patterns: readonly string[], options: CommonOptions & { readonly acceptNewKeys: boolean }): Promise<void> {
  const fleet = await fleetOf('fleet', options)
  const answers = await factsOfHosts(fleet, selectHosts(fleet, patterns), { acceptNewKeys: options.acceptNewKeys, ...asking() })
  const known = [...answers].flatMap(([name, answer]) => ('facts' in answer ? [{ name, ...answer.facts }] : []))
  if (options.json || known.length > 0) print(options.json, Object.fromEntries(answers), () => table(head, known.map(row), { right: [4, 5, 6, 7, 8] }))
  const { red, cyan } = colors(process.stderr)
  for (const [name, answer] of answers) {
    if ('facts' in answer) continue
    process.exitCode = 1
    if (options.json) continue
    tell(`${red('error:')} ${name}: ${answer.failure.message}`)
    for (const line of answer.failure.output ?? []) tell(`  | ${line}`)
    if (answer.failure.hint !== undefined) tell(`${cyan('hint:')} ${answer.failure.hint}`)
  }
}

const head = ['HOST', 'MODEL', 'RELEASE', 'ARCH', 'CORES', 'RAM', 'FREE', 'DISK FREE', '°C']

function row({ name, model, release, architecture, cores, memory, memoryAvailable, diskFree, thermal }: Facts & { readonly name: string }) {
  const [temperature] = Object.values(thermal)
  return [name, model || '–', release, architecture, cores, size(memory), size(memoryAvailable), size(diskFree), temperature === undefined ? '–' : (temperature / 1000).toFixed(1)]
}
