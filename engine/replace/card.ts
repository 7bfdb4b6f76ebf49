import * as z from 'zod'
import { Failed } from '../errors.ts'
import { parseMade } from '../made.ts'
import type { Shell } from '../resources/kind.ts'
import { writes } from '../shell.ts'

/** Where a card says that it is being made the new one of its host. */
export const markFile = '/var/lib/provision/replacing.json'

const markSchema = z.object({
  id: z.string(),
  owner: z.string(),
  began: z.string(),
  /** When this very card was taken: a card before it, of the same replacement, may have failed too. */
  taken: z.iso.datetime().optional(),
})

/** Which replacement a card was taken for. */
export type Mark = z.output<typeof markSchema>

/** A card as it answers. */
export interface CardSeen {
  /** Roles that `provision` has set up on it. */
  readonly made: readonly string[]
  /** Undefined: nobody took it yet; a text that is no mark is nobody's either. */
  readonly mark: Mark | undefined
}

/** Prints the mark, where there is one. */
export const asksMark: Shell = `cat ${markFile} 2>/dev/null; true`

/** Reads a card. `facts`: what its session printed when it began; `mark`: what `asksMark` printed. */
export function readCard(facts: string, mark: string): CardSeen {
  return { made: parseMade(facts), mark: markOf(mark) }
}

function markOf(text: string): Mark | undefined {
  try {
    return markSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Takes a card: before anything else is done on it, and on the card when this ends. */
export const takesCard = (mark: Mark): Shell =>
  `mkdir -p /var/lib/provision && ${writes(markFile, `${JSON.stringify(mark)}\n`)} && sync /var/lib/provision`

/** Before which moment certificates were given to cards that this host has no more. */
export const formerUntil = ({ mark }: Pick<CardSeen, 'mark'>, began: string): Date => new Date(mark?.taken ?? began)

/** The host is whole: from now on it is one that nobody replaces without its card being dead. */
export const givesCard: Shell = `rm -f ${markFile} && sync /var/lib/provision`

/**
 * Is it the card of this replacement, or an empty one that may become it? `id`: that of the replacement, where one has begun.
 * @throws Failed where what answers is the host as it was, or is taken for another replacement
 */
export function judge(host: string, { made, mark }: CardSeen, id: string | undefined): 'ours' | 'empty' {
  if (mark !== undefined) {
    if (mark.id === id) return 'ours'
    throw new Failed({
      host,
      message: `${host}: ${mark.owner} took this card for a replacement begun ${mark.began}`,
      hint: `go on there with \`fleet replace ${host}\`; if nobody ever will: remove ${markFile} on the Pi, then \`provision ${host}\` and \`backup restore --host ${host}\``,
    })
  }
  if (made.length === 0) return 'empty'
  throw new Failed({
    host,
    message: `${host} is not dead: what answers there has the roles ${made.join(', ')}`,
    hint: `it is provisioned as it is: provision ${host}. If its card shall go although it lives: switch the Pi off, put an empty card in, then again`,
  })
}
