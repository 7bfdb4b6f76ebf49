/** Dates that were given, from the first to the last. Microseconds since 1970 UTC, both of them given. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** What must survive a power cut for no date to be given twice. */
export interface GivenDates {
  /** The boot of the machine that noted it. */
  readonly boot: string
  /** The span that grows. */
  readonly current: Span
  /** Spans that are left: before a clock was set far ahead, or after it was set back from there. Never given into again. */
  readonly others: readonly Span[]
}

export interface DatesOptions {
  /** What was noted by the run before; undefined where nothing was. */
  readonly noted: GivenDates | undefined
  /** The date of the newest reading that is known of; 0 for none. */
  readonly lastDate: number
  /** Tells one boot of the machine from another. */
  readonly boot: string
  /** Writes it down for good; false where that failed. */
  readonly note: (given: GivenDates) => boolean
  /** Whether the disk takes readings; while it does not, dates that are not the clock's are noted one by one. */
  readonly durable: () => boolean
  /** Whether the wall clock is known to be right. */
  readonly synchronized: () => boolean
  /** The wall clock, microseconds. */
  readonly now: () => number
  /** A clock that nobody sets, microseconds. */
  readonly elapsed: () => number
  /** Told when dates leave those that a wrong clock had given: from the last of them to a right one. */
  readonly onReturn?: (from: number, to: number) => void
}

/** Gives each reading its date. */
export interface ReadingDates {
  /** Microseconds since 1970 UTC, never given before; undefined while none can be given that surely was not. */
  next(): number | undefined
}

const millisecond = 1000
const second = 1_000_000

/** Further from a synchronised clock than this no date is followed; one that is nearer is waited for. */
export const bound = 600 * second

/**
 * Dates jump ahead of the last known one by this much after a reboot. A power cut can take the records of the last 30 s from the disk
 * while their rows are in the table already; a Pi without a clock chip may then come up in the past, and would give the same dates again.
 */
export const bootMargin = 60 * second

/**
 * How far dates may run ahead of the time that passed before that is noted: with the 30 s of records, and `apart`, that stays below the
 * margin.
 */
const unnoted = 20 * second
/** Readings further apart than this are noted each: the last one known may be that much older than what was lost. */
const apart = 5 * second
/** Between two tries to write to a disk that takes nothing. */
const noteAgain = 5 * second
const mostOthers = 8

/**
 * Dates for readings. They follow the wall clock and only grow, at half the pace of time while it is a little behind. Three things differ
 * from that:
 * - A clock far behind that nobody calls right (a Pi without a clock chip, just started) is not followed: dates go on from the last at
 *   the pace of time.
 * - A clock that is synchronised and far behind *is* right, and the dates before were not: they return to it, and what was given is never
 *   given again.
 * - While nothing can be noted, and after a reboot that could not be, none is given but the clock's own: they might be those of another
 *   run.
 */
export function readingDates({ noted, lastDate, boot, note, durable, synchronized, now, elapsed, onReturn }: DatesOptions): ReadingDates {
  let { current, others } = known(noted, lastDate, boot)
  const rebooted = noted?.boot !== boot
  /** This run is not noted yet. */
  let owed = true
  let started = false
  let before = 0
  let triedAt = -Infinity
  /** How far dates ran ahead of the time that passed, since that was noted. */
  let ahead = 0

  function write(to = current.to): boolean {
    if (elapsed() - triedAt < noteAgain) return false
    const written = note({ boot, current: { from: current.from, to: Math.max(to, current.from) }, others })
    if (written) owed = false
    else triedAt = elapsed()
    return written
  }

  /** Leaves the current span and begins one at a date. Without a note only where the clock itself vouches for it. */
  function begin(at: number, sure: boolean): boolean {
    const left = { current, others }
    if (current.to >= current.from && current.to > 0) others = bounded([...others, current])
    current = { from: at, to: at - millisecond }
    if (write() || sure) return true
    ;({ current, others } = left)
    return false
  }

  /** What the clock says, as far as it is followed. */
  function followed(wall: number, passed: number): number {
    const { to: last } = current
    const pace = last + passed
    // A process that begins anew in the boot that is noted knows no pace, and the clock went on meanwhile.
    const sure = synchronized() || (!started && !rebooted)
    if (wall > pace + bound) {
      const at = free(wall, [...others, current])
      return begin(at, sure) ? at : pace
    }
    if (wall > last) return wall
    if (last - wall > bound && !synchronized()) return pace
    const back = free(wall, [...others, current])
    if (last - wall <= bound || back >= last) return last + passed / 2
    onReturn?.(last, back)
    begin(back, true)
    return back
  }

  /**
   * Whether the clock alone makes sure that its date was not given: it is later than all that may have been, or is right and returns to
   * them.
   */
  function vouched(wall: number): boolean {
    if (rebooted && !synchronized()) return false
    return wall > current.to || (current.to - wall > bound && synchronized())
  }

  return {
    next() {
      const wall = onGrid(now())
      if (owed && !write() && !vouched(wall)) return undefined
      const at = elapsed()
      const passed = started ? at - before : 0
      const wanted = onGrid(followed(wall, passed))
      const { from, to } = current
      const date = free(Math.max(wanted, to + millisecond), others)
      const lasting = durable()
      const risk = Math.max(0, ahead + date - to - (lasting ? passed : 0))
      const ownWay = date !== wall
      if (passed > apart || risk > (lasting || !ownWay ? unnoted : 0)) {
        const written = write(date)
        if (!written && ownWay) return undefined
        ahead = written ? 0 : risk
      } else {
        ahead = risk
      }
      current = { from, to: date }
      before = at
      started = true
      return date
    },
  }
}

const onGrid = (micros: number): number => Math.floor(micros / millisecond) * millisecond

/** The first date from `wanted` on that is in none of the spans. */
function free(wanted: number, spans: readonly Span[]): number {
  const taken = spans.find(({ from, to }) => wanted >= from && wanted <= to)
  return taken ? free(onGrid(taken.to) + millisecond, spans) : wanted
}

/** What may have been given, by the note and by the newest reading; after a reboot some more, which the power cut took. */
function known(noted: GivenDates | undefined, lastDate: number, boot: string): Pick<GivenDates, 'current' | 'others'> {
  // Without a note nobody knows since when the clock had said so: a day is assumed.
  const {
    current: { from, to },
    others,
  } = noted ?? { current: { from: Math.max(0, lastDate - 24 * 3600 * second), to: lastDate }, others: [] }
  const limit = Math.min(Infinity, ...others.map(other => other.from).filter(other => other > from))
  const last = lastDate >= from && lastDate < limit ? Math.max(lastDate, to) : to
  return { current: { from, to: noted?.boot === boot || last === 0 ? last : last + bootMargin }, others }
}

/** Few enough to be written in one go: the two oldest become one, with what lies between them. */
function bounded(spans: readonly Span[]): readonly Span[] {
  const [first, second, ...rest] = [...spans].sort((a, b) => a.from - b.from)
  if (spans.length <= mostOthers || !first || !second) return spans
  return [{ from: first.from, to: Math.max(first.to, second.to) }, ...rest]
}
