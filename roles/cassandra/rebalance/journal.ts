import { createHmac, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import { Failed } from '../../../engine/errors.ts'
import { writes } from '../config/write.ts'
import type { Ring } from '../node/witness.ts'
import { stepSchema, type Step } from './steps.ts'

const journalSchema = z.strictObject({
  /** Of this fleet's rebalances; a later one has a higher number. */
  number: z.number().int().min(1),
  id: z.uuid(),
  fleet: z.string(),
  /** When it began, ISO 8601. */
  began: z.string(),
  /** All hosts that take part. */
  hosts: z.array(z.string().min(1)).readonly(),
  /** What weights it works towards. */
  weights: z.record(z.string(), z.number()),
  keyspace: z.string().regex(/^[a-z][a-z0-9_]{0,47}$/),
  /** The ring it is about: host IDs by name. A node that has rejoined stands there with its new one. */
  ids: z.record(z.string(), z.uuid()),
  steps: z.array(stepSchema).readonly(),
  /** The step at hand: those before it are done. All of them done: it is over. */
  at: z.number().int().min(0),
})

/** A rebalance and how far it is: enough to go on from any machine. */
export type Journal = z.output<typeof journalSchema>

/** Makes and checks the seal of journals: with a secret of the fleet, so that nobody else can write one. */
export interface Seal {
  readonly fleet: string
  readonly key: string
}

/** A journal that must not be believed, and why. */
export interface Doubtful {
  readonly doubtful: string
}

const macOf = (body: unknown, { key }: Seal) => createHmac('sha256', key).update(JSON.stringify(body)).digest('hex')

/** A journal as text. */
export function sealed(journal: Journal, seal: Seal): string {
  return `${JSON.stringify({ mac: macOf(journal, seal), journal }, undefined, 1)}\n`
}

/** Reads a journal's text. What this fleet did not write is never carried out. */
export function unsealed(text: string, seal: Seal): Journal | Doubtful {
  let body: unknown
  let mac = ''
  try {
    const said = z.object({ mac: z.string(), journal: z.unknown() }).parse(JSON.parse(text))
    body = said.journal
    mac = said.mac
  } catch {
    return { doubtful: 'it is no journal of a rebalance' }
  }
  const right = Buffer.from(macOf(body, seal))
  const given = Buffer.from(mac)
  if (right.length !== given.length || !timingSafeEqual(right, given))
    return { doubtful: 'it is not sealed with this fleet’s secret: another fleet wrote it, or somebody changed it' }
  const read = journalSchema.safeParse(body)
  if (!read.success)
    return { doubtful: `it cannot be read: ${read.error.issues[0]?.path.join('.') ?? ''} ${read.error.issues[0]?.message ?? ''}` }
  if (read.data.fleet !== seal.fleet) return { doubtful: `it is about the fleet ${read.data.fleet}` }
  if (read.data.at > read.data.steps.length) return { doubtful: 'it stands behind its last step' }
  return read.data
}

/** Is every step of it done? */
export const isOver = ({ at, steps }: Journal) => at >= steps.length

/** Where each host of the ring has it. */
export const journalOnHost = '/var/lib/provision/rebalance.json'
/** Where each host keeps the last one that came to its end: whatever is not later is over, wherever it turns up. */
export const lastOnHost = '/var/lib/provision/rebalance.last.json'

/** Shell text that writes a journal on a host, that of one that is over in the place of the last. */
export function writesJournal(journal: Journal, seal: Seal): string {
  const text = sealed(journal, seal)
  if (!isOver(journal)) return `mkdir -p /var/lib/provision && ${writes(journalOnHost, text)}`
  return `mkdir -p /var/lib/provision && ${writes(lastOnHost, text)} && rm -f ${journalOnHost} && sync /var/lib/provision`
}

/** The steps that are left of the furthest journal, if its rebalance is not over. */
export function unfinishedOf(journals: readonly Journal[]): Journal | undefined {
  const latest = Math.max(0, ...journals.map(({ number }) => number))
  const mine = journals.filter(({ number }) => number === latest)
  const ids = new Set(mine.map(({ id }) => id))
  if (ids.size > 1)
    throw new Failed({
      message: `two rebalances with the number ${latest} were begun: ${mine.map(({ began }) => began).join(' and ')}`,
      hint: `see ${journalOnHost} on each host; remove the one whose steps were not taken`,
    })
  const furthest = mine.toSorted((a, b) => b.at - a.at)[0]
  return furthest && !isOver(furthest) ? furthest : undefined
}

/** The nodes of the ring at a step, host IDs by name: who has left and not rejoined is none. Pure. */
export function ringAt({ ids, steps, at }: Pick<Journal, 'ids' | 'steps' | 'at'>): Ring {
  const out = new Set<string>()
  for (const { state, node } of steps.slice(0, at)) {
    if (state === 'decommission') out.add(node)
    if (state === 'join') out.delete(node)
  }
  return new Map(Object.entries(ids).filter(([name]) => !out.has(name)))
}

/** The tokens a node was given for the start it is about to make, or has made. Pure. */
export function tokensAt({ steps, at }: Pick<Journal, 'steps' | 'at'>, node: string): readonly string[] {
  const placed = steps
    .slice(0, at + 1)
    .findLast((step): step is Extract<Step, { state: 'place' }> => step.state === 'place' && step.node === node)
  return placed?.tokens ?? []
}
