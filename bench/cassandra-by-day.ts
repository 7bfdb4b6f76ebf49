// What the table by day is worth and what it costs: the last hour of one location beside a full scan for the same rows; INSERTs with and
// without it. One real node of Cassandra on the loopback interface, with the heap of a Pi of 1 GiB or less.
import { parseArgs } from 'node:util'
import { destroyRing, CassandraNode, cassandraKit } from '../test/engines/collector-support/cassandra-node.ts'
import { fill, hourByDay, hourByScan, type Question } from './by-day/hour.ts'
import { catchUp, loadTool, type Way } from './by-day/insert.ts'
import { makeTables, Store } from './by-day/store.ts'
import { alternate, shown, summary } from './measure.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    runs: { type: 'string', default: '9' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
  },
})
const [rows, runs, rounds, seconds] = [values.rows, values.runs, values.rounds, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
]
const address = '127.0.0.7'
const kit = await cassandraKit([address])
const node = new CassandraNode(kit, address, address, [0n], {
  // Written to the disk once a second, as the role has it, and not before each answer.
  commitlog_sync: 'periodic',
  commitlog_sync_period: '1000ms',
  commitlog_sync_group_window: undefined,
  // Where the machine is busy a scan may take longer than the ten seconds it has.
  range_request_timeout: '120s',
})

try {
  await node.start()
  await makeTables(node)
  await reading()
  await inserting()
} finally {
  await destroyRing(kit, [node])
}

async function reading(): Promise<void> {
  console.log(`Filling both tables with ${rows} readings of 4 places, one a second …`)
  const until = await Store.use(node, store => fill(store, rows))
  // All of it is in files then, and nothing in memory.
  await node.stop('SIGTERM')
  await node.start()
  const question: Question = { location: 'place1', until }
  const { a: byDay, b: scan } = await Store.use(node, store =>
    alternate(
      runs,
      () => hourByDay(store, question),
      () => hourByScan(store, question),
    ),
  )
  for (const each of [...byDay, ...scan])
    if (each.dates.join() !== byDay[0]?.dates.join()) throw new Error('the two tables do not answer the same')
  const [ours, theirs] = [summary(byDay.map(({ milliseconds }) => milliseconds)), summary(scan.map(({ milliseconds }) => milliseconds))]
  console.log(
    `\nThe last hour of one location, ${byDay[0]?.dates.length} rows of ${rows}, the same from both; ${runs} runs of each in turn; ms: median (least–most)`,
  )
  console.log(`by day     ${shown(ours, 1)}\nfull scan  ${shown(theirs, 1)}\nratio      ${(theirs.median / ours.median).toFixed(0)}`)
}

async function inserting(): Promise<void> {
  const tps = (way: Way) => loadTool(node, way, seconds)
  const delivered = (way: Way) => catchUp(node, way, seconds)
  const cases = [
    [
      'load tool, 64 in flight, each reading alone',
      await alternate(
        rounds,
        () => tps('one'),
        () => tps('both'),
      ),
    ],
    [
      'catching up, 200 readings at a time, 32 requests in flight',
      await alternate(
        rounds,
        () => delivered('one'),
        () => delivered('both'),
      ),
    ],
    [
      'the same, rows of a day alone and not together',
      await alternate(
        rounds,
        () => delivered('one'),
        () => delivered('alone'),
      ),
    ],
  ] as const
  console.log(
    `\nReadings a second into one table and into both, ${rounds} rounds of each in turn on empty tables; median (least–most); ratio: median of the pairs`,
  )
  for (const [name, { a: one, b: both }] of cases)
    console.log(
      `${name.padEnd(60)}${shown(summary(one), 0).padEnd(24)}${shown(summary(both), 0).padEnd(24)}${summary(both.map((each, at) => each / (one[at] ?? NaN))).median.toFixed(2)}`,
    )
}
