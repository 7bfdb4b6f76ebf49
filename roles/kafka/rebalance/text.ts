import { colors } from '../../../cli/colors.ts'
import { findingTexts, stepsText, unfinishedTexts } from '../../../cli/operation-text.ts'
import { table } from '../../../cli/table.ts'
import { duration } from '../../../engine/report/duration.ts'
import { size } from '../../../engine/size.ts'
import { healthPrefix } from '../admin/words.ts'
import type { Outlook } from './rebalance.ts'
import { moveRate } from './plan.ts'
import { operation } from './operation.ts'
import type { Member } from './port.ts'

const teaching = `Each partition is led by one broker, which all its readings go through, and may have copies on others. A share changes by moving partitions:
the new broker copies all of one while the former goes on serving, then takes over. A few at a time, throttled; readings come and go
all the while.`

const percent = (part: number, of: number) => (of === 0 ? '–' : `${((100 * part) / of).toFixed(1)} %`)
const arrow = (now: string | number, then: string | number) => (now === then ? `${now}` : `${now} → ${then}`)

/** What a rebalance would do, for a person. */
export function outlookText(outlook: Outlook, check: boolean): string {
  const { plan, findings } = outlook
  const { bold } = colors(process.stdout)
  const parts: string[] = []
  const { brokers } = plan
  const weight = brokers.reduce((sum, each) => sum + (each.weight ?? 0), 0)
  const [before, after] = [0, 1].map(at => brokers.reduce((sum, { leads }) => sum + (leads[at] ?? 0), 0)) as [number, number]
  if (brokers.length > 0)
    parts.push(
      table(
        ['NODE', 'WEIGHT', 'WANTED', 'LEADS', 'SHARE', 'COPIES', 'BYTES', 'IS SENT', 'FREE'],
        brokers.map(({ node, leads, holds, bytes, free, ...each }) => [
          node,
          each.weight ?? '–',
          percent(each.weight ?? 0, weight),
          arrow(...leads),
          arrow(percent(leads[0], before), percent(leads[1], after)),
          arrow(...holds),
          arrow(size(bytes[0]), size(bytes[1])),
          size(each.in),
          free === undefined || free < 0 ? '?' : size(free),
        ]),
        { right: [1, 2, 3, 4, 5, 6, 7, 8] },
      ),
    )
  parts.push(...findingTexts(findings), ...unfinishedTexts(outlook, operation))
  if (findings.some(({ refuses }) => refuses)) return parts.join('\n')
  if (plan.steps.length === 0) {
    parts.push('Nothing to do: every broker leads its share.\n')
    return parts.join('\n')
  }
  const moves = plan.moves.length === 1 ? '1 partition moves' : `${plan.moves.length} partitions move`
  parts.push(
    `${check ? `${teaching}\n\n` : ''}${bold(`${plan.steps.length} steps, about ${duration(plan.seconds)}; ${moves}, ${size(plan.copies)} to copy at ${size(moveRate)}/s a broker`)}`,
  )
  parts.push(stepsText(plan.steps, operation))
  return `${parts.join('\n')}\n`
}

/** The same as data. */
export function outlookJson({ situation, plan, findings, unfinished, locked }: Outlook): unknown {
  return {
    weights: Object.fromEntries(situation.stay.map(({ name, weight }) => [name, weight])),
    brokers: plan.brokers.map(({ leads, holds, bytes, ...rest }) => ({
      ...rest,
      leads: { now: leads[0], planned: leads[1] },
      holds: { now: holds[0], planned: holds[1] },
      bytes: { now: bytes[0], planned: bytes[1] },
    })),
    findings,
    moves: plan.moves,
    copies: plan.copies,
    seconds: plan.seconds,
    steps: plan.steps.map(step => ({ ...step, does: operation.meaningOf(step), commands: operation.commandsOf(step) })),
    ...(locked.size > 0 && { atWork: Object.fromEntries(locked) }),
    ...(unfinished && { unfinished: { began: unfinished.began, at: unfinished.at, step: unfinished.steps[unfinished.at] } }),
  }
}

/** How brokers stand, by the word of the first that answers. */
export function standText(members: ReadonlyMap<string, Member>): string {
  const rows = standJson(members).brokers
  if (rows.length === 0) return 'No broker answers.\n'
  return table(
    ['NODE', 'LEADS', 'COPIES', 'BYTES'],
    rows.map(({ node, leads, holds, bytes }) => [node, leads, holds, size(bytes)]),
    { right: [1, 2, 3] },
  )
}

/** The same as data. */
export function standJson(members: ReadonlyMap<string, Member>) {
  const [first] = members.values()
  const all = (first?.topics ?? []).filter(({ name }) => !name.startsWith(healthPrefix)).flatMap(({ partitions }) => partitions)
  return {
    brokers: [...members].map(([node, { held, id }]) => ({
      node,
      leads: all.filter(({ leader }) => leader === id).length,
      holds: all.filter(({ replicas }) => replicas.includes(id)).length,
      bytes: held.partitions.filter(({ topic }) => !topic.startsWith(healthPrefix)).reduce((sum, { bytes }) => sum + bytes, 0),
    })),
  }
}
