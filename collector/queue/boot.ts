import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import type { GivenDates } from '../dates.ts'
import { crc32 } from './crc32.ts'

const span = z.object({ from: z.number().int(), to: z.number().int() })
const schema = z.object({ write: z.number().int(), boot: z.string(), current: span, others: z.array(span) })

/** What one slot holds; `write` counts the writes, so that the newer of two is known. */
interface Written extends GivenDates {
  readonly write: number
}

/** Two slots of this many bytes, written in turn: a power cut in the middle of one leaves the other. */
const slotBytes = 1024

/** What the file of given dates says. */
export interface GivenOnDisk {
  /** Undefined where there is no file, or a damaged one. */
  readonly given: GivenDates | undefined
  /** No date was given after this one, as files of earlier versions say. */
  readonly floor: number
}

/** This boot of the machine: the kernel makes a new one each time. */
export const bootOf = (kernelBoot = '/proc/sys/kernel/random/boot_id'): string => readText(kernelBoot).trim()

const pathOf = (directory: string): string => join(directory, 'boot')

/** Reads which dates were given. Never throws: what cannot be read is not known. */
export function readGiven(directory: string): GivenOnDisk {
  const text = readText(pathOf(directory))
  const newest = slotsOf(text).sort((a, b) => b.write - a.write)[0]
  const [, floor = '0'] = /^[0-9a-f-]{36}\n(\d+)\n/.exec(text) ?? []
  return { given: newest && { boot: newest.boot, current: newest.current, others: newest.others }, floor: Number(floor) }
}

/**
 * Writes them down, synced, into the file's own bytes: once it is there it needs no room, so a full disk takes it, too.
 * False where the disk takes nothing.
 */
export function writeGiven(directory: string, given: GivenDates): boolean {
  const path = pathOf(directory)
  const there = slotsOf(readText(path))
  const write = Math.max(0, ...there.map(each => each.write)) + 1
  const line = slotText({ write, ...given })
  try {
    if (there.length > 0) overwrite(path, line, (write % 2) * slotBytes)
    else make(directory, path, write % 2 ? slotText() + line : line + slotText())
    return true
  } catch {
    return false
  }
}

function overwrite(path: string, line: string, at: number): void {
  synced(openSync(path, 'r+'), fd => writeSync(fd, line, at))
}

function make(directory: string, path: string, text: string): void {
  const beside = `${path}.new`
  synced(openSync(beside, 'w', 0o640), fd => writeFileSync(fd, text))
  renameSync(beside, path)
  synced(openSync(directory, 'r'), () => {})
}

function slotText(written?: Written): string {
  const body = written ? JSON.stringify(written) : ''
  const text = body && `${crc32(body)} ${body}`
  if (text.length >= slotBytes) throw new RangeError('more spans than one slot holds')
  return `${text.padEnd(slotBytes - 1)}\n`
}

function slotsOf(text: string): Written[] {
  return [text.slice(0, slotBytes), text.slice(slotBytes, 2 * slotBytes)].flatMap(each => {
    const body = each.slice(9).trimEnd()
    if (body === '' || crc32(body) !== each.slice(0, 8)) return []
    const parsed = schema.safeParse(JSON.parse(body))
    return parsed.success ? [parsed.data] : []
  })
}

function synced(fd: number, write: (fd: number) => void): void {
  try {
    write(fd)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
