import { parseDisks, type Disk } from './facts.ts'
import { size } from './size.ts'

/** What one part of a role takes of a disk, in bytes. */
export interface DiskPart {
  /** The folder it lies in. Default: `/`. */
  readonly at?: string
  /** What it takes once it is set up: a program, or the most that a file with a bound grows to. */
  readonly now?: number
  /** What it grows by a day. */
  readonly perDay?: number
  /** After so many days what is old goes as fast as new comes. Absent: it grows for ever. */
  readonly days?: number
  /** What must stay free, or the role does not do its work. */
  readonly floor?: number
}

/** What a role takes of a Pi's disks, by part. */
export interface DiskUse {
  readonly role: string
  /** It was set up on this Pi before: what it takes now is taken already. */
  readonly there: boolean
  readonly parts: Readonly<Record<string, DiskPart>>
}

/** A file system against what the roles of its Pi take of it. Bytes. */
export interface DiskBudget {
  readonly mount: string
  readonly size: number
  readonly free: number
  /** What roles take that are not there yet, largest first. */
  readonly coming: readonly { readonly role: string; readonly bytes: number }[]
  /** What has to stay free. */
  readonly floor: number
  readonly perDay: number
  /** Of that, what each role writes, most first. */
  readonly growing: readonly { readonly role: string; readonly bytes: number }[]
  /** Is there room for what is coming? A Pi that gets no new role has it. */
  readonly fits: boolean
  /** Days until it is full; absent: never, as far as its roles say. */
  readonly days?: number
}

type Placed = DiskPart & { readonly role: string; readonly there: boolean }

/** The file system that a path lies on; absent where the Pi told of none. */
export function diskAt(disks: readonly Disk[], path: string): Disk | undefined {
  const below = disks.filter(disk => disk.path === '/' || path === disk.path || path.startsWith(`${disk.path}/`))
  return below.reduce<Disk | undefined>((best, disk) => (best && best.path.length >= disk.path.length ? best : disk), undefined)
}

/** What roles take, summed by file system, the root's first. Only file systems that a role writes to. */
export function diskBudgets(disks: readonly Disk[], uses: readonly DiskUse[]): readonly DiskBudget[] {
  const byMount = new Map<string, { readonly disk: Disk; readonly parts: Placed[] }>()
  for (const { role, there, parts } of uses)
    for (const part of Object.values(parts)) {
      const disk = diskAt(disks, part.at ?? '/')
      if (!disk) continue
      const known = byMount.get(disk.mount) ?? { disk, parts: [] }
      byMount.set(disk.mount, known)
      known.parts.push({ ...part, role, there })
    }
  return [...byMount.values()].sort((a, b) => disks.indexOf(a.disk) - disks.indexOf(b.disk)).map(({ disk, parts }) => budgetOf(disk, parts))
}

function budgetOf(disk: Disk, parts: readonly Placed[]): DiskBudget {
  const coming = byRole(parts, ({ there, now = 0 }) => (there ? 0 : now))
  const floor = sum(parts, ({ floor = 0 }) => floor)
  const needed = sum(coming, ({ bytes }) => bytes)
  const days = daysUntilFull(disk, parts, needed + floor)
  return {
    mount: disk.mount,
    size: disk.size,
    free: disk.free,
    coming,
    floor,
    perDay: sum(parts, ({ perDay = 0 }) => perDay),
    growing: byRole(parts, ({ perDay = 0 }) => perDay),
    fits: needed === 0 || needed + floor <= disk.free,
    ...(days !== undefined && { days }),
  }
}

/** What each role's parts come to, largest first; those of nothing are left out. */
function byRole(parts: readonly Placed[], of: (part: Placed) => number): DiskBudget['coming'] {
  const sums = new Map<string, number>()
  for (const part of parts) if (of(part) > 0) sums.set(part.role, (sums.get(part.role) ?? 0) + of(part))
  return [...sums].map(([role, bytes]) => ({ role, bytes })).sort((a, b) => b.bytes - a.bytes)
}

/**
 * Days until what is free is used up; `taken` of it is spoken for. What has an end (a retention) counts with its end: that of a role which
 * is there is taken for reached. Where the ends have no room on the disk at all, they are as good as none.
 */
function daysUntilFull(disk: Disk, parts: readonly Placed[], taken: number): number | undefined {
  const ended = parts.filter(({ days }) => days !== undefined)
  const atEnd = (some: readonly Placed[]) => sum(some, ({ perDay = 0, days = 0 }) => perDay * days)
  const room = Math.max(0, disk.free - taken)
  const endsFit = atEnd(ended) + sum(parts, ({ now = 0, floor = 0 }) => now + floor) <= disk.size
  const ahead = endsFit ? atEnd(ended.filter(({ there }) => !there)) : 0
  if (!endsFit || ahead > room) {
    const all = sum(parts, ({ perDay = 0 }) => perDay)
    return all > 0 ? room / all : undefined
  }
  const endless = sum(parts, ({ perDay = 0, days }) => (days === undefined ? perDay : 0))
  return endless > 0 ? (room - ahead) / endless : undefined
}

function sum<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((total, item) => total + of(item), 0)
}

const day = 24 * 60 * 60 * 1000

/** The day (UTC) after so many days, e.g. `2027-03-01`; beyond ten years nobody knows. */
export function fullOn(days: number | undefined, today: Date): string | undefined {
  return days === undefined || days > 3650 ? undefined : new Date(today.getTime() + days * day).toISOString().slice(0, 10)
}

const byWhom = (growing: DiskBudget['growing']) =>
  growing.length < 2 ? '' : ` (${growing.map(({ role, bytes }) => `${role} ${size(bytes)}`).join(', ')})`

/** A budget in one line: `/ 29 GiB, 24 GiB free; the database takes 331 MiB; 25 MiB a day: full on 2029-02-11`. */
export function describeDisk({ mount, size: whole, free, coming, floor, perDay, growing, days }: DiskBudget, today: Date): string {
  const date = fullOn(days, today)
  return [
    `${mount} ${size(whole)}, ${size(free)} free`,
    ...(coming.length ? [coming.map(({ role, bytes }) => `${role} takes ${size(bytes)}`).join(', ')] : []),
    ...(floor > 0 ? [`${size(floor)} must stay free`] : []),
    ...(perDay > 0 ? [`${size(perDay)} a day${byWhom(growing)}: ${date === undefined ? 'not full in ten years' : `full on ${date}`}`] : []),
  ].join('; ')
}

/** Less than this free is as good as nothing: a server that writes no more says so in its own ways, or not at all. */
const nothing = 4 * 1024 * 1024

/** Disks that are full, as `disksScript` says now. */
export function fullDisks(output: string): readonly Disk[] {
  return parseDisks(output).filter(
    ({ free }, index, all) => free < nothing && all.findIndex(({ mount }) => mount === all[index]?.mount) === index,
  )
}
