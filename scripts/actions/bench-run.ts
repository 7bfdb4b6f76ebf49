import { existsSync } from 'node:fs'
import path from 'node:path'
import { asking } from '../../cli/asking.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { stopOnInterrupt } from '../../cli/interrupt.ts'
import { namesIn, type Candidate } from '../../cli/names.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { out, outJson, tell } from '../../cli/output.ts'
import { table } from '../../cli/table.ts'
import { Failed, UsageError } from '../../engine/errors.ts'
import { displayPath } from '../../engine/inventory/paths.ts'
import { selectHosts } from '../../engine/inventory/select.ts'
import type { Fleet, Host } from '../../engine/inventory/types.ts'
import { offersOf } from '../../engine/offer.ts'
import { opener } from '../../engine/run/open.ts'
import { secretsFor } from '../../engine/run/provision.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import { writeWhole } from '../../engine/whole-file.ts'
import { labPaths, status } from '../../lab/index.ts'
import { machineSpeed } from '../../lab/speed/machine-speed.ts'
import { registry } from '../../roles/index.ts'
import { producers } from '../../roles/offers.ts'
import { reportOf } from '../../trials/picture.ts'
import type { Result } from '../../trials/result.ts'
import { runTrials, type Plan } from '../../trials/run.ts'
import { markdownOf, overview } from '../../trials/tables.ts'
import { rateOf, repeatOf, secondsOf, threadsOf, wordsOf } from './bench-words.ts'
import { fleetOf } from './fleet-of.ts'

/** The command line of `bench run`. */
export interface BenchFlags {
  readonly backends: string
  readonly threads: string
  readonly producers?: readonly string[]
  readonly duration: string
  readonly rate?: string
  readonly broker?: string
  readonly repeat: string
  readonly out?: string
  readonly acceptNewKeys?: true
}

/**
 * Measures, and writes three files. Exit code 1 where a trial could not be made or a host was not watched: what was measured is written all
 * the same.
 * @throws {Failed} where nothing was measured
 */
export async function benchRun(flags: BenchFlags & CommonOptions): Promise<void> {
  const duration = secondsOf(flags.duration)
  const rate = flags.rate === undefined ? undefined : rateOf(flags.rate)
  const [backends, threads] = [wordsOf(flags.backends, '--backends'), threadsOf(flags.threads)]
  const fleet = await fleetOf('bench', flags)
  const began = new Date()
  const run = began.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')
  const plan: Plan = {
    backends,
    threads,
    producers: await producersOf(fleet, flags.producers ?? []),
    hosts: fleet.hosts,
    duration,
    ...(rate !== undefined && { rate }),
    ...(flags.broker !== undefined && { broker: addressOf(fleet, flags.broker) }),
    repeat: repeatOf(flags.repeat),
    run,
  }
  const stop = stopOnInterrupt('ends the load on all producers; once more to leave at once')
  const open = opener(fleet, { acceptNewKeys: flags.acceptNewKeys === true, ...asking(), secrets: secretsFor(fleet, true) })
  const machine = (await isVirtual(fleet)) ? await machineSpeed() : undefined
  const around = {
    ...{ open, tell, stop },
    ...(machine && { machine: (from: number, to: number) => machine.between(from * 1000, to * 1000) }),
  }
  const { trials, problems } = await runTrials(plan, around).finally(() => machine?.stop())
  const result: Result = {
    bench: 1,
    fleet: fleet.name,
    made: Math.floor(began.getTime() / 1000),
    duration,
    rate: rate ?? null,
    producers: plan.producers.map(({ name }) => name),
    trials: [...trials],
    problems: [...problems],
  }
  if (trials.length === 0) throw new Failed({ message: 'nothing was measured', ...(problems.length > 0 && { output: [...problems] }) })
  const files = await written(result, path.resolve(flags.out ?? `${fleet.name}-bench-${run}`))
  if (problems.length > 0) process.exitCode = exitCodes.failed
  if (flags.json) return outJson({ files, ...result })
  const { columns, rows } = overview(result)
  out(
    table(
      columns.map(title => title.toUpperCase()),
      rows,
      { right: [2, 3, 4, 5, 6] },
    ),
  )
  for (const problem of problems) tell(`not measured: ${problem}`)
  out(`\n${files.map(file => displayPath(file, process.cwd())).join(', ')}\n`)
}

/** Do its hosts run on this machine now? A lab's folder outlives a machine that lost its power; then Pis of iron may be meant. */
async function isVirtual(fleet: Fleet): Promise<boolean> {
  return existsSync(labPaths(fleet.name).dir) && (await status(fleet, 0)).some(({ state }) => state !== 'down')
}

async function written(result: Result, name: string): Promise<readonly string[]> {
  const [{ pageOf }, { pageParts }] = await Promise.all([import('../../charts/page.ts'), import('../../charts/assets.ts')])
  const texts = { json: `${JSON.stringify(result)}\n`, md: markdownOf(result), html: pageOf(reportOf(result), await pageParts()) }
  return Object.entries(texts).map(([ending, text]) => {
    writeWhole(`${name}.${ending}`, text)
    return `${name}.${ending}`
  })
}

/** Hosts that send readings, of those that are meant. @throws {UsageError} where one is named that sends none */
async function producersOf(fleet: Fleet, patterns: readonly string[]): Promise<readonly Host[]> {
  const sending = new Set(offersOf(fleet, await registry.ofFleet(fleet), varsOf)(producers).map(({ host }) => host.name))
  const meant = selectHosts(
    fleet,
    patterns.flatMap(pattern => pattern.split(',')),
  )
  const others = meant.filter(({ name }) => !sending.has(name))
  if (patterns.length > 0 && others.length > 0)
    throw new UsageError(
      `${others.map(({ name }) => name).join(', ')}: no collector there`,
      `hosts that have one: ${[...sending].join(', ')}`,
    )
  const found = meant.filter(({ name }) => sending.has(name))
  if (found.length === 0) throw new UsageError(`no host of the fleet ${fleet.name} has a collector`, 'give producers the role collector')
  return found
}

/** A host of the fleet by its name is its address; anything else is what it says. */
function addressOf(fleet: Fleet, broker: string): string {
  const [name = '', port] = broker.split(':')
  const host = fleet.hosts.find(each => each.name === name)
  return host ? `${host.address}${port === undefined ? '' : `:${port}`}` : broker
}

/** For completion. */
export const producerNames = async (): Promise<readonly Candidate[]> => namesIn('bench', undefined, true)
