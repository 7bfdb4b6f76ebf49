import { colors } from '../../../cli/colors.ts'
import { findingTexts, stepsText, unfinishedTexts } from '../../../cli/operation-text.ts'
import { table } from '../../../cli/table.ts'
import type { Fleet } from '../../../engine/inventory/types.ts'
import { duration } from '../../../engine/report/duration.ts'
import { size } from '../../../engine/size.ts'
import { ringText } from '../ring-text.ts'
import type { Member } from '../ring/index.ts'
import { percent } from '../tokens/index.ts'
import { operation } from './operation.ts'
import type { Outlook } from './rebalance.ts'

const teaching = `A node owns the stretches of the ring that end in its tokens, and its tokens are fixed when it joins. So a share changes only by leaving
(decommission: its data streams to the others) and joining again with other tokens (its new share streams to it). One node at a
time; reads and writes go on all the while. Afterwards cleanup throws away what a node gave to others and still has on its card.`

/** What a rebalance would do, for a person. */
export function outlookText(outlook: Outlook, fleet: Fleet, check: boolean): string {
  const { situation, plan, findings, keyspace, outside } = outlook
  const { bold, yellow } = colors(process.stdout)
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
          size(load),
          size(out),
          size(taken),
          size(peak),
          free === undefined ? '?' : size(free),
        ]),
        { right: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
      )}`,
    )
    parts.push(`${plan.moves.because.map(line => `  ${line}`).join('\n')}\n`)
  } else if (refused && situation.ring.length > 0) parts.push(ringOf(situation.members, fleet))
  parts.push(...findingTexts(findings))
  for (const name of outside)
    parts.push(
      `${yellow('note:')} ${name} has the role and is no node of this ring\n  → \`provision ${name}\`, or \`rebalance cassandra ${name}\`, lets it join\n`,
    )
  parts.push(...unfinishedTexts(outlook, operation))
  if (refused) return parts.join('\n')
  if (plan.steps.length === 0) {
    parts.push('Nothing to do: every node owns its share.\n')
    return parts.join('\n')
  }
  const sum = bold(`${plan.steps.length} steps, about ${duration(plan.seconds)}, ${size(plan.streams)} to stream`)
  parts.push(`${check ? `${teaching}\n\n` : ''}${sum}`)
  parts.push(stepsText(plan.steps, operation))
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
    steps: plan.steps.map(step => ({ ...step, does: operation.meaningOf(step), commands: operation.commandsOf(step) })),
    ...(locked.size > 0 && { atWork: Object.fromEntries(locked) }),
    ...(unfinished && { unfinished: { began: unfinished.began, at: unfinished.at, step: unfinished.steps[unfinished.at] } }),
  }
}

/** The ring as that of its members sees it who sees most. */
export function ringOf(members: ReadonlyMap<string, Member>, fleet: Fleet): string {
  const [widest] = [...members.values()].sort((a, b) => b.sees.length - a.sees.length)
  return widest && widest.sees.length > 0 ? `${ringText(widest.sees, fleet)}\n` : 'No node answers.\n'
}
