import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { scenarioPage } from '../../charts/scenario-page.ts'
import { colors } from '../../cli/colors.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { stopOnInterrupt } from '../../cli/interrupt.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { outJson, out, tell } from '../../cli/output.ts'
import { Failed } from '../../engine/errors.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { parseScenario } from '../../lab/scenario/parse.ts'
import { randomScenario, seeded } from '../../lab/scenario/random.ts'
import { runScenario, type Told } from '../../lab/scenario/run.ts'
import type { Scenario } from '../../lab/scenario/schema.ts'
import type { Verdict } from '../../lab/scenario/verdict.ts'
import { openLab } from './lab.ts'
import { producersOf } from './scenario/agents.ts'
import { labWorld } from './scenario/world.ts'

export interface ScenarioFlags {
  readonly out?: string
  readonly disarmed?: true
  readonly random?: true
  readonly seed?: string
  readonly minutes?: string
  readonly store?: string
}

/** Runs scenarios one after the other on a lab that is up and provisioned; its exit code is the worst verdict. */
export async function scenario(files: readonly string[], flags: ScenarioFlags, options: CommonOptions): Promise<void> {
  if (files.length === 0 && !flags.random) throw wrongUse('which scenario?')
  // All are read before anything is broken.
  const read = await Promise.all(files.map(async file => parseScenario(await textOf(file), file)))
  const stop = stopOnInterrupt('Healing …')
  const fleet = await openLab(options)
  const scenarios = flags.random ? [...read, byChance(fleet, flags)] : read
  const told: Told[] = []
  for (const each of scenarios) {
    if (stop.aborted) break
    told.push(await runOne(each))
  }
  const page = flags.out ?? `${fleet.name}-scenarios.html`
  await writeFile(page, scenarioPage(fleet.name, await styleOf(), told, new Date()))
  if (options.json) outJson(told.map(forPrograms), 2)
  else for (const each of told) out(summary(each))
  tell(`The report is in ${page}.`)
  process.exitCode = exitCodeOfVerdicts(told.map(({ verdict }) => verdict))

  async function runOne(each: Scenario): Promise<Told> {
    tell(`${each.name} …`)
    const world = labWorld(fleet, each.store, { ...(flags.disarmed && { disarmed: true }), random: seeded(seedOf(flags)) })
    return runScenario(each, world, { stop, say: ({ at, text }) => tell(`  ${at.toFixed(0).padStart(4)} s  ${text}`) })
  }
}

/** A scenario by chance, of hosts of the store and its producers. */
function byChance(fleet: Fleet, flags: ScenarioFlags): Scenario {
  const minutes = Number(flags.minutes ?? 5)
  if (!(minutes > 0)) throw wrongUse(`--minutes wants a number, not ${flags.minutes}`)
  const store = kinds.find(kind => (flags.store === undefined ? producersOf(fleet, kind).length > 0 : kind === flags.store))
  if (store === undefined) throw wrongUse(`--store is one of ${kinds.join(', ')}, with producers that note {sequence}`)
  const stores = fleet.hosts.filter(({ roles }) => roles.includes(store)).length
  return randomScenario(seedOf(flags), minutes, { store, stores, producers: producersOf(fleet, store).length })
}

const kinds = ['mariadb', 'kafka', 'cassandra'] as const

/** Of a scenario that is no chance, too: it chooses among hosts that would all do. */
function seedOf({ seed }: ScenarioFlags): number {
  const number = Number(seed ?? 1)
  if (!Number.isInteger(number) || number < 0) throw wrongUse(`--seed wants a whole number, not ${seed}`)
  return number
}

const wrongUse = (message: string): Failed => new Failed({ code: 'usage', message, hint: 'see lab scenario --help' })

/** A failure is graver than a doubt. */
export function exitCodeOfVerdicts(verdicts: readonly Verdict[]): number {
  if (verdicts.includes('fail')) return exitCodes.failed
  return verdicts.length === 0 || verdicts.includes('inconclusive') ? exitCodes.inconclusive : exitCodes.done
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch {
    throw new Failed({
      code: 'usage',
      message: `${file} cannot be read`,
      hint: 'name files with scenarios, e.g. lab/scenarios/mariadb-away.yaml',
    })
  }
}

const styleOf = (): Promise<string> => readFile(fileURLToPath(new URL('../../charts/page.css', import.meta.url)), 'utf8')

/** Without the samples, which are for the page. */
const forPrograms = ({ samples: _, ...rest }: Told): Omit<Told, 'samples'> => rest

function summary({ scenario: name, verdict, reasons, hits }: Told): string {
  const paint = colors(process.stdout)
  const colour = { pass: paint.green, fail: paint.red, inconclusive: paint.yellow }[verdict]
  const as = hits.flatMap(hit => (hit.as === undefined ? [] : [`${hit.host} as ${hit.as}`]))
  return [
    `${colour(verdict)}  ${name}\n`,
    ...reasons.map(reason => `      ${reason}\n`),
    ...(as.length > 0 ? [`      hit: ${as.join(', ')}\n`] : []),
  ].join('')
}
