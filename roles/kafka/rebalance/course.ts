import { UsageError } from '../../../engine/errors.ts'
import {
  measuredWeights,
  noHost,
  parseWeights,
  realClock,
  refuseContradictions,
  survey,
  type Course,
  type RoleOperation,
  type RoleTools,
  type Wanted,
} from '../../../engine/operation/index.ts'
import { giveUp, standing, type Standing } from './abort.ts'
import { operation, type About, type Journal } from './operation.ts'
import { overShell } from './over-shell.ts'
import type { Member } from './port.ts'
import { begins, brokersOf, outlookOf } from './rebalance.ts'
import type { Step } from './steps.ts'
import { taking } from './take.ts'
import { outlookJson, outlookText, standJson, standText } from './text.ts'

/** `rebalance kafka`. */
export const rebalance: RoleOperation = { operation, course }

/** Seconds between two looks at the cluster. */
const interval = 3

/** A rebalance of a fleet's brokers, as one command line wants it. */
function course(wanted: Wanted, tools: RoleTools): Course<About, Step, Member> {
  const { fleet, names, flags } = wanted
  const { remove = [] } = flags
  const brokers = brokersOf(fleet, remove)
  if (brokers.length === 0) throw noHost(fleet, ['kafka'])
  refuseContradictions(wanted)
  if (names.length)
    throw new UsageError(
      `${names.join(' ')}: partitions move between all brokers, so none of them is named`,
      'give weights: --weights NAME=2,OTHER=1; or let one leave: --remove NAME',
    )
  const all = brokers.map(({ host }) => host.name)
  const staying = all.filter(name => !remove.includes(name))
  const given = flags.weights === undefined ? {} : parseWeights(flags.weights, staying)
  const hosts = overShell(tools.hosts, brokers)
  const ask = (of: readonly string[]) => survey(of, tools.hosts, { operation, seal: tools.seal }, host => hosts.member(host))
  return {
    operation,
    hosts: all,
    survey: ask,
    async look(own) {
      const weights = flags.measure ? await measuredWeights(staying, 'kafka', tools) : given
      const outlook = outlookOf(brokers, await ask(all), own, { weights, remove })
      const { findings, unfinished, locked, plan } = outlook
      return {
        findings,
        unfinished,
        locked,
        steps: plan.steps,
        text: check => outlookText(outlook, check),
        json: () => outlookJson(outlook),
        begins: owner => begins(fleet, outlook, owner),
      }
    },
    take: taking({ hosts, clock: realClock, interval }),
    async standing(journal) {
      const { answers } = await ask(journal.hosts.filter(name => all.includes(name)))
      const found = [...answers].find(([, { cluster }]) => cluster === journal.cluster) ?? [...answers][0]
      return standing(journal, found?.[0], found?.[1])
    },
    leave: (_journal, now: Standing) => giveUp(now, hosts, realClock, interval),
    text: standText,
    json: standJson,
    remarks: journal => remarks(journal, wanted),
  }
}

/** The inventory is the user's: what was asked for on the command line only would be undone by the next rebalance. */
function remarks({ weights, steps }: Journal, { fleet, flags }: Wanted): string[] {
  const kept = Object.entries(weights).map(([name, weight]) => `${name}: vars: { kafka: { weight: ${weight} } }`)
  const gone = steps.flatMap(({ state, node }) => (state === 'stop' ? [node] : []))
  const listed = gone.filter(name => fleet.hosts.find(host => host.name === name)?.roles.includes('kafka'))
  return [
    ...(flags.weights || flags.measure ? [`To keep these weights, write them into ${fleet.file}: ${kept.join(', ')}.`] : []),
    ...listed.map(
      name =>
        `${name} still has the role kafka in ${fleet.file}: take it away, or the next \`provision\` lets it join again. Then provision the others: they settle who is a controller.`,
    ),
  ]
}
