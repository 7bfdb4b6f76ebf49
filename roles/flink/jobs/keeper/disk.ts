import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Job } from '../job.ts'
import type { JobRecord } from './record.ts'

/** Entries of a folder; none where it is not there. @throws Error where it is there and cannot be read */
function entries(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** Whether a restore point is whole: Flink writes its `_metadata` last, beside, and renames it. */
const whole = (folder: string): boolean => existsSync(join(folder, '_metadata'))

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
  syncFolder(dirname(path))
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
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
    syncFolder(join(this.#folder, 'records'))
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
