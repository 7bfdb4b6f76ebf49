import { UsageError } from '../../../engine/errors.ts'
import { didYouMean } from '../../../engine/inventory/nearest.ts'
import type { Fleet } from '../../../engine/inventory/types.ts'
import {
  measuredWeights,
  noHost,
  parseWeights,
  realClock,
  refuseContradictions,
  type Course,
  type RoleOperation,
  type RoleTools,
  type Wanted,
} from '../../../engine/operation/index.ts'
import type { Member } from '../ring/index.ts'
import { standing, type Standing } from './abort.ts'
import { atHand, giveUp } from './give-up.ts'
import { operation, type About, type Journal } from './operation.ts'
import { begins, hostsOf, look, ringVars } from './rebalance.ts'
import { ringOver } from './ring-over.ts'
import type { Step } from './steps.ts'
import { survey } from './survey.ts'
import { taking } from './take.ts'
import { outlookJson, outlookText, ringOf } from './text.ts'

/** `rebalance cassandra`. */
export const rebalance: RoleOperation = { operation, course }

/** A rebalance of a fleet's ring, as one command line wants it. */
function course(wanted: Wanted, tools: RoleTools): Course<About, Step, Member> {
  const { fleet, names, flags } = wanted
  const { remove = [] } = flags
  const nodes = hostsOf(fleet, remove)
  if (nodes.length === 0) throw noHost(fleet, ['cassandra'])
  for (const name of names)
    if (!nodes.includes(name))
      throw new UsageError(`there is no node "${name}" in this fleet`, didYouMean(name, nodes) ?? `nodes: ${nodes.join(', ')}`)
  refuseContradictions(wanted)
  const staying = nodes.filter(name => !remove.includes(name))
  const given = flags.weights === undefined ? {} : parseWeights(flags.weights, staying)

  const { keyspace, ringDelay } = ringVars(fleet)
  const over = ringOver(tools.hosts, keyspace)
  const { seal } = tools
  return {
    operation,
    hosts: nodes,
    survey: hosts => survey(hosts, over, seal),
    async look(own) {
      const weights = flags.measure ? await measuredWeights(staying, 'cassandra', tools) : given
      const outlook = await look(fleet, over, seal, own, { weights, remove, ...(names.length && { only: names }) })
      const { findings, unfinished, locked, plan } = outlook
      return {
        findings,
        unfinished,
        locked,
        steps: plan.steps,
        text: check => outlookText(outlook, fleet, check),
        json: () => outlookJson(outlook),
        begins: owner => begins(fleet, outlook, owner),
      }
    },
    take: taking({
      hosts: over.ring,
      clock: realClock,
      // A ring that was made for tests is quick.
      interval: Math.max(1, Math.min(5, ringDelay / 5)),
      provision: host => tools.provision(host),
    }),
    standing: async journal => standing(journal, await atHand(journal, over.ring)),
    leave: (journal, now: Standing) => giveUp(journal, now, { hosts: over.ring, clock: realClock }),
    text: members => ringOf(members, fleet),
    json: members => ({ nodes: [...members.values()].find(({ sees }) => sees.length > 0)?.sees ?? [] }),
    remarks: journal => remarks(fleet, journal, wanted),
  }
}

/** The inventory is the user's: what was asked for on the command line only would be undone by the next rebalance. */
function remarks(fleet: Fleet, { weights }: Journal, { flags }: Wanted): string[] {
  const kept = Object.entries(weights).map(([name, weight]) => `${name}: vars: { cassandra: { weight: ${weight} } }`)
  const staying = (flags.remove ?? []).filter(name => fleet.hosts.find(host => host.name === name)?.roles.includes('cassandra'))
  return [
    ...(flags.weights || flags.measure ? [`To keep these weights, write them into ${fleet.file}: ${kept.join(', ')}.`] : []),
    ...staying.map(
      name => `${name} still has the role cassandra in ${fleet.file}: take it away, or the next \`provision\` lets it join again.`,
    ),
  ]
}
