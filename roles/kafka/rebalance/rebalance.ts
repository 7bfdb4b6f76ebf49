import { deadLettersOf } from '../../../collector/sink/topics.ts'
import type { Fleet } from '../../../engine/inventory/types.ts'
import { Failed } from '../../../engine/errors.ts'
import { distrust, lastNumber, newJournal, unfinishedOf, type Finding, type Survey } from '../../../engine/operation/index.ts'
import { members as membersOf, type Member as Broker } from '../members.ts'
import { operation, type Journal } from './operation.ts'
import { noPlan, planRebalance, type RebalancePlan, type Situation } from './plan.ts'
import type { Member } from './port.ts'
import { findings, planFindings } from './preflight.ts'

/** What is wanted of a cluster. */
export interface Wish {
  /** Weights that count instead of the inventory's, by host. */
  readonly weights: Readonly<Record<string, number>>
  /** Brokers that shall leave for good. */
  readonly remove: readonly string[]
}

/** A cluster looked at, and what would be done to it. */
export interface Outlook {
  readonly situation: Situation
  readonly plan: RebalancePlan
  readonly findings: readonly Finding[]
  readonly unfinished: Journal | undefined
  /** The highest number of a rebalance that anybody remembers. */
  readonly last: number
  /** Hosts on which somebody is at work right now, and who. */
  readonly locked: ReadonlyMap<string, string>
}

/** Brokers of a fleet, and hosts that shall be none: these may have lost the role already. @throws Failed where a name is no host of it */
export function brokersOf(fleet: Fleet, remove: readonly string[]): readonly Broker[] {
  for (const name of remove)
    if (!fleet.hosts.some(host => host.name === name))
      throw new Failed({
        message: `there is no host "${name}" in this fleet`,
        hint: `its brokers: ${
          membersOf(fleet)
            .map(({ host }) => host.name)
            .join(', ') || 'none'
        }`,
      })
  const hosts = fleet.hosts.map(host =>
    remove.includes(host.name) && !host.roles.includes('kafka') ? { ...host, roles: [...host.roles, 'kafka'] } : host,
  )
  return membersOf({ ...fleet, hosts })
}

/** Copies of the fleet's topics. */
function copiesWanted([first]: readonly Broker[]): ReadonlyMap<string, number> {
  if (!first) return new Map()
  const { topic, replication } = first.vars
  return new Map([topic, deadLettersOf(topic)].map(name => [name, replication]))
}

/** Plans by what the hosts said; changes nothing. `own`: the controller's journal, where it has one. */
export function outlookOf(
  brokers: readonly Broker[],
  { answers, silent, journals, doubtful, locked }: Survey<Member, Journal>,
  own: Journal | undefined,
  { weights, remove }: Wish,
): Outlook {
  const all = [...(own ? [own] : []), ...journals]
  const unfinished = unfinishedOf(all, operation)
  const situation: Situation = {
    members: answers,
    stay: brokers
      .filter(({ host }) => !remove.includes(host.name))
      .map(({ host: { name }, id, weight }) => ({ name, id, weight: weights[name] ?? weight })),
    leave: brokers
      .filter(({ host }) => remove.includes(host.name))
      .map(({ host: { name }, id }) => ({ name, id, dead: !answers.has(name) })),
    wanted: copiesWanted(brokers),
  }
  const found = [...distrust(doubtful, operation), ...findings(situation, { silent, unfinished: unfinished !== undefined })]
  let plan = noPlan
  // A cluster that is not whole has no plan that could be meant.
  if (!found.some(({ refuses }) => refuses)) {
    try {
      plan = planRebalance(situation)
      found.push(...planFindings(situation, plan))
    } catch (error) {
      if (!(error instanceof Failed)) throw error
      found.push({ refuses: true, what: error.message, remedy: error.hint ?? '' })
    }
  }
  return { situation, plan, findings: found, unfinished, last: lastNumber(all), locked }
}

/** The journal of what was planned, when it is about to begin. `owner`: who begins it. */
export function begins(fleet: Fleet, { situation, plan, last }: Outlook, owner: string): Journal {
  const { members, stay, leave } = situation
  const [first] = members.values()
  return newJournal({
    fleet: fleet.name,
    owner,
    hosts: [...members.keys()],
    last,
    about: {
      weights: Object.fromEntries(stay.map(({ name, weight }) => [name, weight])),
      cluster: first?.cluster ?? '',
      ids: Object.fromEntries([...stay, ...leave].map(({ name, id }) => [name, id])),
    },
    steps: plan.steps,
  })
}
