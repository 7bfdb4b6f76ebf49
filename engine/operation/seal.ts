import { createHmac, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import type { Journal } from './journal.ts'
import type { Operation } from './kind.ts'
import type { Step } from './step.ts'

/** Makes and checks the seal of journals: with a secret of the fleet, so that nobody else can write one. */
export interface Seal {
  readonly fleet: string
  readonly key: string
}

/** The name of the secret that an operation's journals are sealed with. */
export const sealSecret = (files: string) => `${files}/journal`

/** A journal that must not be believed, and why. */
export interface Doubtful {
  readonly doubtful: string
}

const macOf = (body: unknown, { key }: Seal) => createHmac('sha256', key).update(JSON.stringify(body)).digest('hex')

/** A journal as text. */
export function sealed<J extends Journal>(journal: J, seal: Seal): string {
  return `${JSON.stringify({ mac: macOf(journal, seal), journal }, undefined, 1)}\n`
}

/** Reads a journal's text. What this fleet did not write is never carried out. */
export function unsealed<A extends object, S extends Step>(text: string, seal: Seal, operation: Operation<A, S>): Journal<A, S> | Doubtful {
  let body: unknown
  let mac = ''
  try {
    const said = z.object({ mac: z.string(), journal: z.unknown() }).parse(JSON.parse(text))
    body = said.journal
    mac = said.mac
  } catch {
    return { doubtful: `it is no journal of a ${operation.name}` }
  }
  const right = Buffer.from(macOf(body, seal))
  const given = Buffer.from(mac)
  if (right.length !== given.length || !timingSafeEqual(right, given))
    return { doubtful: 'it is not sealed with this fleet’s secret: another fleet wrote it, or somebody changed it' }
  const read = operation.journal.safeParse(body)
  if (!read.success)
    return { doubtful: `it cannot be read: ${read.error.issues[0]?.path.join('.') ?? ''} ${read.error.issues[0]?.message ?? ''}` }
  if (read.data.fleet !== seal.fleet) return { doubtful: `it is about the fleet ${read.data.fleet}` }
  if (read.data.at > read.data.steps.length) return { doubtful: 'it stands behind its last step' }
  return read.data
}
