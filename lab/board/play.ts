import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { readUsage, type Usage } from '../cgroup/usage.ts'
import type { Board } from './board.ts'
import { meminfo, stat } from './proc.ts'
import { reading, type Thermal, warm } from './temperature.ts'

// Plays the boards of a lab: rewrites memory, processor and temperature figures of every host once a second.
// One small process a lab; ends by itself when the lab's list of boards is gone.

const interval = 1000
const list = process.argv[2] ?? ''

interface Known {
  readonly booted: number
  readonly baseline: Usage
  readonly last: { readonly at: number; readonly user: number; readonly system: number }
  readonly thermal: Thermal
}
const known = new Map<string, Known>()

/** Overwrites a file in place: it is mounted inside the host, so a new file beside it would not be seen. */
const open = new Map<string, { readonly inode: number; readonly fd: number }>()
function overwrite(file: string, content: string): void {
  const inode = statSync(file).ino
  let entry = open.get(file)
  if (entry?.inode !== inode) {
    if (entry) closeSync(entry.fd)
    open.set(file, (entry = { inode, fd: openSync(file, 'r+') }))
  }
  writeSync(entry.fd, content, 0)
}

function play(board: Board, index: number): void {
  const usage = readUsage(board.usage)
  if (!usage) return
  const now = Date.now() / 1000
  const booted = Number(readFileSync(join(board.directory, 'booted'), 'utf8'))
  let before = known.get(board.host)
  // A new boot starts its counters anew, as a Pi does.
  if (before?.booted !== booted) before = { booted, baseline: usage, last: { at: now, user: 0, system: 0 }, thermal: { warmth: 0 } }
  // The kernel's split of the two is rough and may sway; counters must not run backwards.
  const user = Math.max(before.last.user, usage.user - before.baseline.user)
  const system = Math.max(before.last.system, usage.system - before.baseline.system)
  const seconds = Math.max(0.001, now - before.last.at)
  const thermal = warm(before.thermal, (user + system - before.last.user - before.last.system) / seconds / board.cpu, seconds)
  known.set(board.host, { ...before, last: { at: now, user, system }, thermal })

  overwrite(join(board.directory, 'meminfo'), meminfo(board.memory, usage))
  overwrite(join(board.directory, 'stat'), stat(now - booted, { user, system }, board.cpu, board.cores, booted))
  overwrite(join(board.directory, 'thermal/thermal_zone0/temp'), `${reading(thermal, now, index * 1.7, Math.random())}\n`)
}

setInterval(() => {
  if (!existsSync(list)) process.exit(0)
  const boards = JSON.parse(readFileSync(list, 'utf8')) as readonly Board[]
  for (const [index, board] of boards.entries()) {
    try {
      play(board, index)
    } catch {
      // The host is just being made or taken down; it is played again at the next turn.
    }
  }
}, interval)
