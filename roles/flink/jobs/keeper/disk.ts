import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Job } from '../job.ts'
import type { JobRecord } from './record.ts'

/** Entries of a folder; none where it is not there. @throws Error where it is there and cannot be read */
function entries(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** What Flink begins the metadata of a restore point with (`Checkpoints.HEADER_MAGIC_NUMBER`). */
const magic = 0x4960672d

/**
 * Whether a restore point is whole. Flink writes its `_metadata` last, beside, brings it to the card and renames it. It does not so with the state
 * in files of its own (`LocalDataOutputStream`): those of the last half minute have nothing in them after a power cut.
 */
function whole(folder: string): boolean {
  const head = unlessGone(() => headOf(join(folder, '_metadata')))
  return head === magic && entries(folder).every(name => statSync(join(folder, name), { throwIfNoEntry: false })?.size !== 0)
}

function headOf(path: string): number {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(4)
    readSync(file, head)
    return head.readUInt32BE()
  } finally {
    closeSync(file)
  }
}

/** Undefined where a file is not there, or Flink takes it away meanwhile. */
function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Brings all that is below a folder to the card. */
export function bringToCard(folder: string): void {
  for (const path of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) unlessGone(() => syncPath(join(folder, path)))
  syncPath(dirname(folder))
}

/** The newest whole checkpoint of a run. */
export function newestCheckpoint(folder: string): string | undefined {
  const numbers = entries(folder).flatMap(name => /^chk-(\d+)$/.exec(name)?.[1] ?? [])
  const [newest] = numbers.filter(number => whole(join(folder, `chk-${number}`))).sort((a, b) => Number(b) - Number(a))
  return newest === undefined ? undefined : join(folder, `chk-${newest}`)
}

/** A whole savepoint below a folder that only one stop writes to. */
export function savepointIn(folder: string): string | undefined {
  return entries(folder)
    .map(name => join(folder, name))
    .find(whole)
}

/** Written beside, brought to the card and renamed, its folder too: it is there whole after a power cut, or as it was before. */
function writeLasting(path: string, text: string): void {
  const beside = `${path}.new`
  const file = openSync(beside, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(beside, path)
  syncPath(dirname(path))
}

/** Brings a file, or the names in a folder, to the card. */
function syncPath(path: string): void {
  const opened = openSync(path, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/** What the Pi knows of its jobs, each in a file of its own, and what is wanted. */
export class Records {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  #file(name: string): string {
    return join(this.#folder, 'records', `${name}.json`)
  }

  names(): readonly string[] {
    return entries(join(this.#folder, 'records')).flatMap(name => /^([a-z][a-z0-9-]*)\.json$/.exec(name)?.[1] ?? [])
  }

  read(name: string): JobRecord | undefined {
    return existsSync(this.#file(name)) ? (JSON.parse(readFileSync(this.#file(name), 'utf8')) as JobRecord) : undefined
  }

  write(record: JobRecord): void {
    mkdirSync(join(this.#folder, 'records'), { recursive: true, mode: 0o700 })
    writeLasting(this.#file(record.name), JSON.stringify(record))
  }

  forget(name: string): void {
    rmSync(this.#file(name), { force: true })
    syncPath(join(this.#folder, 'records'))
  }

  /** Jobs that are to run; undefined: nobody has said yet. */
  wanted(): readonly Job[] | undefined {
    const file = join(this.#folder, 'wanted.json')
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Job[]) : undefined
  }

  want(jobs: readonly Job[]): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    writeLasting(join(this.#folder, 'wanted.json'), JSON.stringify(jobs))
  }
}
