// What `sdCard: gentle` saves: the same work on two cards, one mounted as Raspberry Pi OS does, one as the role base does, and what reaches
// each of them. A card is a file of this machine with ext4 on it. Needs root. `--minutes N`, 5 by default.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

const run = (program: string, ...words: string[]) => execFileSync(program, words, { encoding: 'utf8' }).trim()
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' } } })
const seconds = Number(values.minutes) * 60

interface Card {
  readonly options: string
  readonly place: string
  readonly device: string
}

/** Bytes that were written to a block device since it is there. */
const writtenTo = ({ device }: Card) =>
  Number(
    readFileSync(`/sys/block/${path.basename(device)}/stat`, 'utf8')
      .trim()
      .split(/\s+/)[6],
  ) * 512

function inserted(folder: string, name: string, options: string): Card {
  const file = path.join(folder, name)
  run('truncate', '-s', '1G', file)
  run('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', file)
  const place = path.join(folder, `${name}-mounted`)
  mkdirSync(place)
  const device = run('losetup', '--find', '--show', file)
  undo.unshift(() => run('losetup', '--detach', device))
  run('mount', '-o', options, device, place)
  undo.unshift(() => run('umount', place))
  return { options, place, device }
}

/** A second of a Pi that measures: lines of logs, a state that is replaced, a file that is read. Nothing waits until it is on the card. */
function second({ place }: Card, index: number): void {
  for (const log of ['journal', 'syslog', 'agent'])
    appendFileSync(path.join(place, log), `${index} something happened, as it always does, and here it is told\n`)
  writeFileSync(path.join(place, 'state.new'), `${index}\n`)
  renameSync(path.join(place, 'state.new'), path.join(place, 'state'))
  readFileSync(path.join(place, `program${index % 50}`))
}

const folder = mkdtempSync(path.join(tmpdir(), 'bench-card-'))
const cards: Card[] = []
/** What takes back what was attached and mounted, the last one first. */
const undo: (() => unknown)[] = []
try {
  cards.push(inserted(folder, 'usual', 'relatime,commit=5'))
  cards.push(inserted(folder, 'gentle', 'noatime,commit=60'))
  for (const { place } of cards) for (let index = 0; index < 50; index++) writeFileSync(path.join(place, `program${index}`), 'x')
  run('sync')
  await sleep(5000)
  const before = cards.map(writtenTo)
  for (let index = 0; index < seconds; index++) {
    for (const card of cards) second(card, index)
    await sleep(1000)
  }
  // What is still in memory reaches the card as well.
  for (const { place } of cards) run('sync', '-f', place)
  const bytes = cards.map((card, index) => writtenTo(card) - (before[index] ?? 0))
  for (const [index, { options }] of cards.entries())
    console.log(
      `${options.padEnd(20)} ${((bytes[index] ?? 0) / 1e6).toFixed(2)} MB in ${seconds / 60} min, ${(((bytes[index] ?? 0) / seconds) * 0.0864).toFixed(0)} MB a day`,
    )
  console.log(`the gentle card gets ${((bytes[0] ?? 0) / (bytes[1] ?? 1)).toFixed(1)} times less`)
} finally {
  // One that is busy ends this here: nothing is removed below what is still mounted.
  for (const each of undo) each()
  rmSync(folder, { recursive: true })
}
