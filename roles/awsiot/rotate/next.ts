/** One key with all that belongs to it, on a Pi. */
export interface Slot {
  /** The fingerprint of the request; absent: there is none for this key, or no key. */
  readonly request?: string
  /** The fingerprint of the certificate; absent: there is none for this key. */
  readonly certificate?: string
}

/** How a Pi, the controller and AWS stand with each other: all that decides what comes next. */
export interface Standing {
  /** What the agent uses. */
  readonly current: Slot
  /** Beside it, the key that is to come. */
  readonly next?: Slot
  /** Beside it, the key of before. */
  readonly former?: Slot
  /** Fingerprints of the requests that are kept here. */
  readonly kept: { readonly current?: string; readonly next?: string; readonly former?: string; readonly retired?: string }
  /** Fingerprints of the requests whose certificates AWS has, as the last deploy said. */
  readonly deployed: { readonly active: readonly string[]; readonly inactive: readonly string[] }
  /** The certificate with which a broker last acknowledged a reading of the agent. */
  readonly proven?: string
}

/** What can be done next. Each may be cut anywhere, and done again. */
export type Act =
  /** A new key with its request, beside the one in use. */
  | 'make'
  /** Both requests are kept here: both certificates are needed from now on. */
  | 'keep'
  /** AWS gets what is kept here, and says what it has. */
  | 'deploy'
  /** The new certificate, beside its key. */
  | 'place'
  /** The new ones in use, those of before beside them. */
  | 'switch'
  /** Waits until a reading was acknowledged with what is in use. */
  | 'prove'
  /** From now on the certificate of before is to be shut out. */
  | 'retire'
  /** From now on it is needed for nothing. */
  | 'forget'
  /** The key of before is taken off the Pi. */
  | 'tidy'
  /** Those of before in use again, the new ones beside them. */
  | 'putBack'
  /** The new key is taken off the Pi. */
  | 'discard'
  /** From now on the new certificate is to be shut out. */
  | 'unkeep'

/** The stages of a renewal, in order. */
export const stages = ['key', 'request', 'sign', 'place', 'switch', 'prove', 'retire', 'remove', 'tidy'] as const
export type Stage = (typeof stages)[number]

export interface Move {
  readonly act: Act
  readonly stage: Stage
}

/** Nothing is to be done any more. */
export const over = 'over'
/** The renewal is being given up. */
export const givenUp = 'given up'
/** The Pi has a key that is neither of the two: somebody made another meanwhile. */
export const strange = 'strange'

/**
 * What comes next on the way to a new certificate in the place of `from`, the fingerprint of the request it began with. The old one is
 * active until the new one was seen at work, is then shut out, which can be taken back, and only then let go.
 */
export function next(seen: Standing, from: string): Move | typeof over | typeof strange | typeof givenUp {
  const { current, next: coming, former, kept, deployed } = seen
  const move = (act: Act, stage: Stage): Move => ({ act, stage })
  if (kept.retired !== undefined && kept.retired !== from) return givenUp
  if (coming) {
    if (coming.request === undefined) return move('make', 'key')
    if (kept.next !== coming.request || kept.former !== from) return move('keep', 'request')
    if (!deployed.active.includes(coming.request) || !deployed.active.includes(from)) return move('deploy', 'sign')
    return coming.certificate === undefined ? move('place', 'place') : move('switch', 'switch')
  }
  if (current.request === from) return move('make', 'key')
  if (current.request === undefined || (kept.next ?? kept.current) !== current.request) return strange
  if (kept.former !== undefined && kept.retired === undefined)
    return seen.proven !== undefined && seen.proven === current.certificate ? move('retire', 'retire') : move('prove', 'prove')
  // Cut between the two.
  if (kept.former !== undefined) return move('retire', 'retire')
  if (kept.retired !== undefined) return isShutOut(deployed, kept.retired) ? move('forget', 'remove') : move('deploy', 'retire')
  if (kept.next !== undefined) return move('forget', 'remove')
  if (!only(deployed, current.request)) return move('deploy', 'remove')
  return former ? move('tidy', 'tidy') : over
}

/** Can the new certificate be given up? Not when the old one is being shut out, or was let go. */
export const canGiveUp = ({ current, kept }: Standing, from: string): boolean =>
  kept.retired !== from && (current.request === from || kept.former === from)

/** What comes next on the way back to what it began with. The new certificate may be there even where no deploy said so: it was cut. */
export function back(seen: Standing, from: string): Act | typeof over {
  const { current, next: coming, former, kept, deployed } = seen
  if (former) return 'putBack'
  if (coming) return 'discard'
  if (kept.next !== undefined || kept.former !== undefined) return 'unkeep'
  if (kept.retired !== undefined) return isShutOut(deployed, kept.retired) ? 'forget' : 'deploy'
  // Where it has asked for another one meanwhile the next deploy gives it one.
  return (current.request ?? from) === from && !only(deployed, from) ? 'deploy' : over
}

const isShutOut = ({ active, inactive }: Standing['deployed'], request: string) => inactive.includes(request) && !active.includes(request)

const only = ({ active, inactive }: Standing['deployed'], request: string) =>
  active.length === 1 && active[0] === request && inactive.length === 0
