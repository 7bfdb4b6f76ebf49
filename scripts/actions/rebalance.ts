import type { Fleet } from '../../engine/inventory/types.ts'
import { didYouMean } from '../../engine/inventory/nearest.ts'
import {
  atWork,
  copiesOn,
  Hosts,
  journalOnHost,
  ownJournal,
  ownOf,
  realClock,
  sealSecret,
  unfinishedOf,
  type Seal,
} from '../../engine/operation/index.ts'
import { Failed, UsageError } from '../../engine/errors.ts'
import { thisRun } from '../../engine/run/lock.ts'
import { opener } from '../../engine/run/open.ts'
import { secretsFor } from '../../engine/run/provision.ts'
import {
  atHand,
  begins,
  cutOff,
  execute,
  giveUp,
  hostsOf,
  look,
  measure,
  operation,
  ringVars,
  standing,
  ringOver,
  survey,
  weightsOfMeasured,
  type CutOff,
  type Journal,
  type Outlook,
} from '../../roles/cassandra/rebalance/index.ts'
import { asking } from '../../cli/asking.ts'

import { fleetOf } from './fleet-of.ts'
import { out, outJson, print, tell } from '../../cli/output.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { stopOnInterrupt } from '../../cli/interrupt.ts'
import { question } from '../../cli/question.ts'
import type { RebalanceFlags } from './rebalance-flags.ts'
import { provisionShown } from './provision.ts'
import { outlookJson, outlookText, ringOf, standingText, stepsLeftText } from './rebalance-text.ts'
import { shower } from './rebalance-show.ts'
import { parseWeights } from './weights.ts'

type Flags = RebalanceFlags & CommonOptions

/** Looks at a ring, says what would be done, and does it. Exit code 2 where `--check` found something to do, 1 where it is refused. */
export async function rebalance(names: readonly string[], flags: Flags): Promise<void> {
  const fleet = await fleetOf('rebalance', flags)
  const remove = flags.remove ?? []
  const nodes = hostsOf(fleet, remove)
  if (nodes.length === 0)
    throw new Failed({
      message: `no host of the fleet ${fleet.name} has the role cassandra`,
      hint: 'give two or more the role in the inventory, and provision them',
    })
  for (const name of names)
    if (!nodes.includes(name))
      throw new UsageError(`there is no node "${name}" in this fleet`, didYouMean(name, nodes) ?? `nodes: ${nodes.join(', ')}`)
  if ((flags.resume || flags.abort) && (names.length || flags.weights || flags.measure || remove.length))
    throw new UsageError('--resume and --abort take the run that was cut off as it was: no hosts, no weights')
  if (flags.weights && flags.measure) throw new UsageError('weights are given or measured, not both')
  const given =
    flags.weights === undefined
      ? {}
      : parseWeights(
          flags.weights,
          nodes.filter(name => !remove.includes(name)),
        )

  const hosts = hostsFor(fleet, flags)
  const seal = sealOf(fleet, flags)
  try {
    if (flags.resume) return await resume(fleet, hosts, seal, nodes, flags)
    if (flags.abort) return await abort(fleet, hosts, seal, nodes, flags)
    const weights = flags.measure
      ? await measured(
          nodes.filter(name => !remove.includes(name)),
          hosts,
        )
      : given
    const outlook = await look(fleet, over(hosts, fleet), seal, ownOf(ownJournal(fleet.file, operation.files), seal, operation), {
      weights,
      remove,
      ...(names.length && { only: names }),
    })
    if (!flags.check) await refuseWhileAtWork(fleet, outlook.locked, seal, flags)
    await decide(fleet, hosts, seal, outlook, flags)
  } finally {
    await hosts.close()
  }
}

async function decide(fleet: Fleet, hosts: Hosts, seal: Seal, outlook: Outlook, flags: Flags): Promise<void> {
  const { plan, findings, unfinished } = outlook
  const refused = findings.some(({ refuses }) => refuses)
  if (flags.check || refused || unfinished || plan.steps.length === 0 || !flags.json)
    print(flags.json, outlookJson(outlook), () => outlookText(outlook, fleet, flags))
  if (unfinished && !flags.check)
    throw new Failed({
      message: `a rebalance of this ring was cut off at step ${unfinished.at + 1} of ${unfinished.steps.length}`,
      hint: 'rebalance --resume goes on; rebalance --abort leaves the ring as it is',
    })
  if (refused && !flags.check)
    throw new Failed({
      message: 'nothing was done: the ring is not ready for it',
      hint: findings.find(({ refuses }) => refuses)?.remedy ?? '',
    })
  if (flags.check) {
    process.exitCode = refused ? 1 : plan.steps.length > 0 ? 2 : 0
    return
  }
  if (plan.steps.length === 0) return
  await confirm(flags)
  await carryOut(fleet, hosts, seal, begins(fleet, outlook, thisRun('rebalance')), flags)
}

async function confirm(flags: Flags): Promise<void> {
  if (flags.yes) return
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new UsageError(
      'data will move between nodes: say --yes where nobody can be asked',
      `${flags.resume ? 'rebalance --resume --check' : flags.abort ? 'rebalance --abort --check' : 'rebalance --check'} shows what would be done`,
    )
  if (!/^y/i.test((await question('Go ahead? [y/N] ')) ?? '')) throw new Failed({ message: 'nothing was done' })
}

async function carryOut(fleet: Fleet, hosts: Hosts, seal: Seal, journal: Journal, flags: Flags): Promise<void> {
  const { ringDelay } = ringVars(fleet)
  const show = await shower(journal, flags)
  try {
    await execute(journal, {
      own: ownJournal(fleet.file, operation.files),
      seal,
      copies: copiesOn(hosts, seal, hostNames(fleet), operation),
      hosts: over(hosts, fleet).ring,
      clock: realClock,
      on: show.on,
      stop: stopOnInterrupt('Stopping; what a node is at goes on there. Ctrl-C again leaves at once.', show.say),
      // A ring that was made for tests is quick.
      interval: Math.max(1, Math.min(5, ringDelay / 5)),
      provision: name => provisioned(fleet, hosts, name, flags),
    })
    await show.ended()
  } catch (error) {
    await show.ended(error)
    throw error
  }
  const { answers: members } = await survey(
    journal.hosts.filter(name => hostNames(fleet).has(name)),
    over(hosts, fleet),
    seal,
  )
  // As all events: on a line of its own.
  if (flags.json) return void outJson({ event: 'ring', nodes: [...members.values()].find(({ sees }) => sees.length > 0)?.sees ?? [] })
  out(`\n${ringOf(members, fleet)}`)
  tellWhatStays(fleet, journal, flags)
}

const over = (hosts: Hosts, fleet: Fleet) => ringOver(hosts, ringVars(fleet).keyspace)

const hostNames = (fleet: Fleet): ReadonlySet<string> => new Set(fleet.hosts.map(({ name }) => name))

async function provisioned(fleet: Fleet, hosts: Hosts, name: string, flags: Flags): Promise<void> {
  // To anybody else the host is one whose ring is about to change.
  await hosts.text(name, `rm -f ${journalOnHost(operation.files)}`)
  await hosts.release(name)
  const results = await provisionShown(
    fleet,
    fleet.hosts.filter(host => host.name === name),
    { parallel: '1', yes: true, ...(flags.json && { json: true }), ...(flags.acceptNewKeys && { acceptNewKeys: true }) },
  )
  const { failure } = results.get(name) ?? {}
  if (failure) throw new Failed({ ...failure, hint: `${failure.hint ?? 'mend the cause'}; then: rebalance --resume` })
}

// The inventory is the user's: what was asked for here only would be undone by the next rebalance.
function tellWhatStays(fleet: Fleet, { weights }: Journal, flags: Flags): void {
  if (flags.weights || flags.measure)
    tell(
      `To keep these weights, write them into ${fleet.file}: ${Object.entries(weights)
        .map(([name, weight]) => `${name}: vars: { cassandra: { weight: ${weight} } }`)
        .join(', ')}.`,
    )
  for (const name of flags.remove ?? [])
    if (fleet.hosts.find(host => host.name === name)?.roles.includes('cassandra'))
      tell(`${name} still has the role cassandra in ${fleet.file}: take it away, or the next \`provision\` lets it join again.`)
}

async function resume(fleet: Fleet, hosts: Hosts, seal: Seal, nodes: readonly string[], flags: Flags): Promise<void> {
  const { journal } = await leftOver(fleet, hosts, seal, nodes, flags)
  print(flags.json && flags.check, { at: journal.at, steps: journal.steps.slice(journal.at) }, () =>
    flags.json ? '' : stepsLeftText(journal),
  )
  if (flags.check) {
    process.exitCode = 2
    return
  }
  await confirm(flags)
  await carryOut(fleet, hosts, seal, journal, flags)
}

async function abort(fleet: Fleet, hosts: Hosts, seal: Seal, nodes: readonly string[], flags: Flags): Promise<void> {
  const { journal, answers } = await leftOver(fleet, hosts, seal, nodes, flags)
  const now = standing(journal, await atHand(journal, over(hosts, fleet).ring))
  if (flags.check || now.leave)
    print(flags.json, { step: journal.steps[journal.at], ...now }, () => standingText(now, ringOf(answers, fleet)))
  if (flags.check) return
  if (now.leave) await confirm(flags)
  await giveUp(journal, now, {
    own: ownJournal(fleet.file, operation.files),
    seal,
    copies: copiesOn(hosts, seal, hostNames(fleet), operation),
    hosts: over(hosts, fleet).ring,
    clock: realClock,
  })
  if (!flags.json) tell('Left so; another rebalance may begin.')
}

/** The run that was cut off, while nobody is at work. */
async function leftOver(
  fleet: Fleet,
  hosts: Hosts,
  seal: Seal,
  nodes: readonly string[],
  flags: Flags,
): Promise<Pick<CutOff, 'answers'> & { readonly journal: Journal }> {
  const { journal, answers, locked } = await cutOff(
    nodes,
    name => hostNames(fleet).has(name),
    over(hosts, fleet),
    seal,
    ownJournal(fleet.file, operation.files),
  )
  await refuseWhileAtWork(fleet, locked, seal, flags)
  if (!journal) throw new Failed({ message: 'somebody was at work on the ring a moment ago', hint: 'run it again' })
  return { journal, answers }
}

/** @throws Failed where a run lives: who it is, and at which step */
async function refuseWhileAtWork(fleet: Fleet, locked: ReadonlyMap<string, string>, seal: Seal, flags: Flags): Promise<void> {
  if (locked.size === 0) return
  const only = hostsFor(fleet, { ...flags, check: true })
  try {
    const { journals } = await survey([...locked.keys()], over(only, fleet), seal)
    const at = unfinishedOf(journals, operation)
    throw new Failed({ message: atWork(locked, at), hint: 'wait for it to end, or stop it with Ctrl-C there; nothing was begun here' })
  } finally {
    await only.close()
  }
}

/** What journals of this fleet are sealed with. Where nothing may be written and there is no secret yet, there is no journal either. */
function sealOf(fleet: Fleet, flags: Flags): Seal {
  return { fleet: fleet.name, key: secretsFor(fleet, flags.check === true).get(sealSecret(operation.files)) }
}

/** Weights of a benchmark on one Pi after the other: virtual ones share the cores of one machine. */
async function measured(nodes: readonly string[], hosts: Hosts): Promise<Readonly<Record<string, number>>> {
  const results = new Map<string, Awaited<ReturnType<typeof measure>>>()
  for (const name of nodes) {
    tell(`${name}: measuring …`)
    const result = await measure(name, hosts)
    results.set(name, result)
    tell(
      `${name}: ${Math.round(result.rounds)} rounds/s${result.busy > 0.1 ? `; its server used ${result.busy.toFixed(1)} cores meanwhile: stop what writes to it, and measure again` : ''}`,
    )
  }
  return weightsOfMeasured(results)
}

function hostsFor(fleet: Fleet, flags: Flags): Hosts {
  const open = opener(fleet, { acceptNewKeys: flags.acceptNewKeys === true, secrets: secretsFor(fleet, true), ...asking() })
  return new Hosts({
    operation,
    open: name => {
      const host = fleet.hosts.find(each => each.name === name)
      if (!host) throw new Failed({ message: `there is no host "${name}" in this fleet` })
      return open(host)
    },
    ...(!flags.check && { owner: thisRun('rebalance') }),
    waiting: (host, what) => tell(`${host}: waiting for ${what}`),
  })
}
