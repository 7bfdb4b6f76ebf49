import { Failed, UsageError } from '../../../engine/errors.ts'
import type { Host } from '../../../engine/inventory/types.ts'
import { didYouMean } from '../../../engine/inventory/nearest.ts'
import { keptOf } from '../../../engine/kept.ts'
import {
  lastNumber,
  newJournal,
  noHost,
  realClock,
  survey,
  unfinishedOf,
  type Course,
  type Journal as AnyJournal,
  type RoleOperation,
  type RoleTools,
  type Wanted,
} from '../../../engine/operation/index.ts'
import { asksAgent } from '../asks-agent.ts'
import { folder, owner } from '../names.ts'
import { awsiotVars } from '../vars.ts'
import { keptRequests } from '../request.ts'
import { backward, forward } from './drive.ts'
import { findingsOf } from './findings.ts'
import { canGiveUp, stages } from './next.ts'
import { operation, type About, type Step } from './operation.ts'
import { answersJson, answersText, outlookJson, outlookText } from './text.ts'
import { undeployed, worldOf } from './world.ts'
import type { Answer } from '../answer.ts'

/** `rotate awsiot`. */
export const rotate: RoleOperation = { operation, course }

type Journal = AnyJournal<About, Step>

const aws = 'docs/aws-iot.md, "AWS makes the keys"'

/** Of the keys AWS makes, by host. */
const keyNumbers = (hosts: readonly Host[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    hosts.flatMap(({ name, vars }) => {
      const { keys, keyNumber } = awsiotVars.parse(vars['awsiot'] ?? {})
      return keys === 'aws' ? [[name, keyNumber]] : []
    }),
  )

function course(wanted: Wanted, tools: RoleTools): Course<About, Step, Answer> {
  const { fleet, names, flags } = wanted
  const hosts = fleet.hosts.filter(({ roles }) => roles.includes('awsiot'))
  const things = hosts.map(({ name }) => name)
  const numbers = keyNumbers(hosts)
  if (things.length === 0) throw noHost(fleet, ['awsiot'])
  for (const name of names)
    if (!things.includes(name))
      throw new UsageError(`${name} has not the role awsiot`, didYouMean(name, things) ?? `hosts with it: ${things.join(', ')}`)
  for (const name of names)
    if (numbers[name] !== undefined)
      throw new UsageError(`AWS makes the key of ${name}: there is none to be renewed on the Pi`, `give it another keyNumber: ${aws}`)
  const cutOff = flags.resume === true || flags.abort === true
  if (cutOff && names.length > 0) throw new UsageError('--resume and --abort take the run that was cut off as it was: no hosts')
  if (!cutOff && names.length === 0) throw new UsageError('say whose key is to be renewed', `hosts with the role: ${things.join(', ')}`)

  const kept = keptOf(fleet.file, 'awsiot')
  const world = worldOf({
    text: (host, shell) => tools.hosts.text(host, shell),
    attempt: (host, shell) => tools.hosts.attempt(host, shell),
    page: host => asksAgent(fleet, tools.offered, host),
    kept,
    deploy: () => tools.here(['npm', 'run', '--silent', 'stacks:deploy', '--', '--auto-approve']),
    clock: realClock,
    folder,
    owner,
  })
  const ask = (hosts: readonly string[]) => survey(hosts, tools.hosts, { operation, seal: tools.seal }, host => world.answer(host))
  const fromOf = (journal: Journal, host: string): string => {
    const from = journal.from[host]
    if (from === undefined) throw new Failed({ message: `the journal does not say what ${host} began with` })
    return from
  }
  return {
    operation,
    hosts: things,
    survey: ask,
    async look(own) {
      const found = await ask([...new Set([...names, ...(own?.hosts ?? [])])].filter(name => things.includes(name)))
      const all = [...(own ? [own] : []), ...found.journals]
      const unfinished = unfinishedOf(all, operation)
      const findings = findingsOf({
        ...found,
        names,
        unfinished: unfinished !== undefined,
        requests: name => keptRequests(kept, name),
        undeployed: undeployed(
          kept,
          things.filter(name => numbers[name] === undefined),
          numbers,
        ),
      })
      const refused = findings.some(({ refuses }) => refuses)
      const steps = refused ? [] : names.flatMap(node => stages.map(state => ({ state, node })))
      const outlook = { findings, unfinished, locked: found.locked, steps, answers: found.answers }
      return {
        ...outlook,
        text: () => outlookText(outlook),
        json: () => outlookJson(outlook),
        begins: owner =>
          newJournal<About, Step>({
            fleet: fleet.name,
            owner,
            hosts: names,
            last: lastNumber(all),
            about: { from: Object.fromEntries(names.map(name => [name, found.answers.get(name)?.current.request ?? ''])) },
            steps,
          }),
      }
    },
    async take({ node, state }, journal, progress) {
      await forward(world, node, fromOf(journal, node), state, progress)
      return undefined
    },
    async standing(journal) {
      const { node } = journal.steps[Math.min(journal.at, journal.steps.length - 1)] as Step
      const seen = await world.look(node)
      return canGiveUp(seen, fromOf(journal, node))
        ? { leave: true, says: [`${node} goes back to the certificate it began with, and the new one is deleted`] }
        : { leave: false, says: [`the new certificate of ${node} was seen at work and the old one is being shut out: go on`] }
    },
    async leave(journal) {
      // Those before the one at hand are done, those behind it not begun.
      const { node } = journal.steps[Math.min(journal.at, journal.steps.length - 1)] as Step
      await backward(world, node, fromOf(journal, node), text => tools.tell(`${node}: ${text}`))
    },
    text: answersText,
    json: answersJson,
    remarks: () => [],
  }
}
