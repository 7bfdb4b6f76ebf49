import type { Fleet } from '../../engine/inventory/types.ts'
import { atWork } from '../../engine/operation/index.ts'
import { bytes, commandsOf, duration, meaningOf, type Journal, type Outlook, type Standing } from '../../roles/cassandra/rebalance/index.ts'
import type { Member } from '../../roles/cassandra/ring/index.ts'
import { ringText } from '../../roles/cassandra/ring-text.ts'
import { percent } from '../../roles/cassandra/tokens/index.ts'
import { colors } from '../../cli/colors.ts'
import { table } from '../../cli/table.ts'

const teaching = `A node owns the stretches of the ring that end in its tokens, and its tokens are fixed when it joins. So a share changes only by leaving
(decommission: its data streams to the others) and joining again with other tokens (its new share streams to it). One node at a
time; reads and writes go on all the while. Afterwards cleanup throws away what a node gave to others and still has on its card.`

/** What a rebalance would do, for a person. */
export function outlookText(outlook: Outlook, fleet: Fleet, { check }: { readonly check?: true }): string {
  const { situation, plan, findings, keyspace, outside, unfinished, locked } = outlook
  const { bold, red, yellow, dim } = colors(process.stdout)
  const parts: string[] = []
  const refused = findings.some(({ refuses }) => refuses)
  if (plan.nodes.length > 0) {
    parts.push(
      `${bold(`Keyspace ${keyspace}, ${situation.factor === 1 ? 'one copy' : `${situation.factor} copies`}`)}\n${table(
        ['NODE', 'WEIGHT', 'TOKENS', 'OWNS', 'WANTED', 'WILL OWN', 'HOLDS', 'STREAMS OUT', 'IN', 'AT MOST', 'FREE'],
        plan.nodes.map(({ node, weight, tokens: [had, gets], owns: [now, wanted, planned], out, in: taken, load, peak, free }) => [
          node,
          weight ?? '–',
          had === gets ? `${had}` : `${had} → ${gets}`,
          percent(now),
          percent(wanted),
          percent(planned),
          bytes(load),
          bytes(out),
          bytes(taken),
          bytes(peak),
          free === undefined ? '?' : bytes(free),
        ]),
        { right: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
      )}`,
    )
    parts.push(`${plan.moves.because.map(line => `  ${line}`).join('\n')}\n`)
  } else if (refused && situation.ring.length > 0) parts.push(ringOf(situation.members, fleet))
  for (const { refuses, what, remedy } of findings) parts.push(`${refuses ? red('refused:') : yellow('note:')} ${what}\n  → ${remedy}\n`)
  for (const name of outside)
    parts.push(
      `${yellow('note:')} ${name} has the role and is no node of this ring\n  → \`provision ${name}\`, or \`rebalance ${name}\`, lets it join\n`,
    )
  if (locked.size > 0) parts.push(`${yellow('note:')} ${atWork(locked, unfinished)}\n`)
  else if (unfinished)
    parts.push(
      `${yellow('note:')} a rebalance begun ${unfinished.began}${unfinished.owner === undefined ? '' : ` by ${unfinished.owner}`} was cut off at step ${unfinished.at + 1} of ${unfinished.steps.length}: ${unfinished.steps[unfinished.at]?.node ?? ''} ${unfinished.steps[unfinished.at]?.state ?? ''}\n  → rebalance --resume, or rebalance --abort\n`,
    )
  if (refused) return parts.join('\n')
  if (plan.steps.length === 0) {
    parts.push('Nothing to do: every node owns its share.\n')
    return parts.join('\n')
  }
  parts.push(
    `${check ? `${teaching}\n\n` : ''}${bold(`${plan.steps.length} steps, about ${duration(plan.seconds)}, ${bytes(plan.streams)} to stream`)}`,
  )
  const width = String(plan.steps.length).length
  const names = Math.max(...plan.steps.map(({ node }) => node.length))
  const states = Math.max(...plan.steps.map(({ state }) => state.length))
  parts.push(
    plan.steps
      .map((step, index) =>
        [
          `${String(index + 1).padStart(width)}  ${step.node.padEnd(names)}  ${step.state.padEnd(states)}  ${meaningOf(step)}`,
          ...commandsOf(step).map(line => dim(`${' '.repeat(width + names + 4)}$ ${line}`)),
        ].join('\n'),
      )
      .join('\n'),
  )
  return `${parts.join('\n')}\n`
}

/** The same as data. Tokens are strings: they are larger than JSON's numbers. */
export function outlookJson({ situation, plan, findings, keyspace, outside, unfinished, locked }: Outlook): unknown {
  return {
    keyspace,
    copies: situation.factor,
    weights: situation.weights,
    nodes: plan.nodes.map(({ tokens: [had, gets], owns: [now, wanted, planned], ...rest }) => ({
      ...rest,
      tokens: { now: had, wanted: gets },
      owns: { now, wanted, planned },
    })),
    because: plan.moves.because,
    error: plan.moves.error,
    findings,
    outside,
    streams: plan.streams,
    seconds: plan.seconds,
    steps: plan.steps.map(step => ({ ...step, does: meaningOf(step), commands: commandsOf(step) })),
    ...(locked.size > 0 && { atWork: Object.fromEntries(locked) }),
    ...(unfinished && { unfinished: { began: unfinished.began, at: unfinished.at, step: unfinished.steps[unfinished.at] } }),
  }
}

/** The ring as that of its members sees it who sees most. */
export function ringOf(members: ReadonlyMap<string, Member>, fleet: Fleet): string {
  const [widest] = [...members.values()].toSorted((a, b) => b.sees.length - a.sees.length)
  return widest && widest.sees.length > 0 ? `${ringText(widest.sees, fleet)}\n` : 'No node answers.\n'
}

/** What a resumed run is about to do. */
export function stepsLeftText({ steps, at, began }: Journal): string {
  if (at >= steps.length) return `The rebalance begun ${began} is over; those that did not hear of it are told.\n`
  const names = Math.max(...steps.map(({ node }) => node.length))
  return `Going on at step ${at + 1} of ${steps.length}, begun ${began}:\n${steps
    .slice(at)
    .map(
      (step, index) => `${String(at + index + 1).padStart(3)}  ${step.node.padEnd(names)}  ${step.state.padEnd(12)}  ${meaningOf(step)}\n`,
    )
    .join('')}`
}

export function standingText({ says }: Standing, ring: string): string {
  return `${ring}\n${says.map(line => `${line}.\n`).join('')}`
}
