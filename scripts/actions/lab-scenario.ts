import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { scenarioPage } from '../../charts/scenario-page.ts'
import { colors } from '../../cli/colors.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { stopOnInterrupt } from '../../cli/interrupt.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { outJson, out, tell } from '../../cli/output.ts'
import { Failed } from '../../engine/errors.ts'
import { parseScenario } from '../../lab/scenario/parse.ts'
import { runScenario, type Told } from '../../lab/scenario/run.ts'
import type { Scenario } from '../../lab/scenario/schema.ts'
import type { Verdict } from '../../lab/scenario/verdict.ts'
import { openLab } from './lab.ts'
import { labWorld } from './scenario/world.ts'

export interface ScenarioFlags {
  readonly out?: string
  readonly disarmed?: true
}

/** Runs scenarios one after the other on a lab that is up and provisioned; its exit code is the worst verdict. */
export async function scenario(files: readonly string[], flags: ScenarioFlags, options: CommonOptions): Promise<void> {
  // All are read before anything is broken.
  const scenarios = await Promise.all(files.map(async file => parseScenario(await textOf(file), file)))
  const stop = stopOnInterrupt('Healing …')
  const fleet = await openLab(options)
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
    const world = labWorld(fleet, each.store, { ...(flags.disarmed && { disarmed: true }) })
    return runScenario(each, world, { stop, say: ({ at, text }) => tell(`  ${at.toFixed(0).padStart(4)} s  ${text}`) })
  }
}

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
