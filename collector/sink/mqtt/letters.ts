import {
  appendFileSync,
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What of a message could never be stored, and why. */
export interface MessageLetter {
  readonly topic: string
  readonly code: string
  readonly message: string
  /** A message as it may have been sent: the whole one, or one with the reading that is meant. */
  readonly content: Buffer
}

/** A file is put aside at this size, and the one that was put aside before is gone. Bytes. */
const largest = 4 * 1024 * 1024

export interface LetterFile {
  /** Keeps a letter: it is on the disk when this returns. @throws as writing does */
  add(letter: MessageLetter): void
  /** All that are kept, the oldest first. */
  all(): readonly MessageLetter[]
  /**
   * Takes all there are, so that they can be tried again. Where that is cut off they are still there. `done` forgets them.
   */
  takeAll(): Promise<{ readonly letters: readonly MessageLetter[]; done(): void }>
}

/**
 * Dead letters as lines of JSON in a file. Who sends messages that are none could fill any card, so there is an end: the oldest go first.
 */
export function letterFile(path: string): LetterFile {
  const before = `${path}.1`
  const taken = `${path}.taken`
  const aside = [`${taken}.0`, `${taken}.1`] as const

  function add(letter: MessageLetter): void {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > largest) renameSync(path, before)
    const open = openSync(path, 'a+', 0o640)
    try {
      // Root, who replays, makes a file that the sink has to write.
      const { uid, gid } = statSync(dirname(path))
      if (process.getuid?.() === 0) chownSync(path, uid, gid)
      writeSync(open, `${isBroken(open) ? '\n' : ''}${lineOf(letter)}`)
      fsyncSync(open)
    } finally {
      closeSync(open)
    }
  }
  const all = () => [taken, ...aside, before, path].flatMap(lettersIn)

  return {
    add,
    all,
    async takeAll() {
      // What comes meanwhile is in a new file; the sink may just be writing to this one. Those of a replay that was cut off go with these.
      for (const [index, from] of [before, path].entries()) moveOnto(from, aside[index] ?? taken)
      await sleep(300)
      const lines = [taken, ...aside].map(textOf).join('')
      if (lines !== '') {
        const open = openSync(`${taken}.new`, 'w', 0o640)
        try {
          writeSync(open, lines)
          fsyncSync(open)
        } finally {
          closeSync(open)
        }
        renameSync(`${taken}.new`, taken)
      }
      for (const each of aside) rmSync(each, { force: true })
      return { letters: lettersIn(taken), done: () => rmSync(taken, { force: true }) }
    },
  }
}

/** Whether a power cut has left half a line at the end. */
function isBroken(open: number): boolean {
  const { size } = fstatSync(open)
  const last = Buffer.alloc(1)
  return size > 0 && readSync(open, last, 0, 1, size - 1) === 1 && last.toString() !== '\n'
}

/** Moves a file, behind what another of that name holds. */
function moveOnto(from: string, to: string): void {
  if (!existsSync(from)) return
  if (existsSync(to)) {
    appendFileSync(to, textOf(from))
    rmSync(from)
  } else renameSync(from, to)
}

const textOf = (path: string): string => {
  try {
    const text = readFileSync(path, 'utf8')
    return text === '' || text.endsWith('\n') ? text : `${text}\n`
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

function lineOf({ topic, code, message, content }: MessageLetter): string {
  return `${JSON.stringify({ at: new Date().toISOString(), topic, code, message, content: content.toString('base64') })}\n`
}

function lettersIn(path: string): readonly MessageLetter[] {
  return textOf(path)
    .split('\n')
    .flatMap(line => {
      try {
        const { topic, code, message, content } = JSON.parse(line) as Readonly<Record<string, unknown>>
        return [topic, code, message, content].every(part => typeof part === 'string')
          ? [{ topic, code, message, content: Buffer.from(String(content), 'base64') } as MessageLetter]
          : []
      } catch {
        return []
      }
    })
}

/** Letters for a person, two lines each. */
export function messageLettersText(letters: readonly MessageLetter[]): string {
  if (letters.length === 0) return 'no dead letters\n'
  return letters
    .map(({ topic, code, message, content }) => {
      const text = JSON.stringify(content.toString('utf8').slice(0, 200))
      return `${topic}  ${code}: ${message}\n  ${text}${content.length > 200 ? ` (of ${content.length} bytes)` : ''}\n`
    })
    .join('')
}
