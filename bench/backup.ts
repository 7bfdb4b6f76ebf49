// A backup of a real MariaDB as a dump and as a copy of its files, in turn, taken and put back onto an empty server: seconds, CPU time of
// all that works for it (server and programs), and the longest that a writer had to wait meanwhile.
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { readingTable } from '../collector/backends/mariadb/table.ts'
import { dump, socket } from '../roles/mariadb/backup/dump.ts'
import { takesRows } from '../roles/mariadb/backup/copy.ts'
import { addsRows } from '../roles/mariadb/backup/puts.ts'
import { rootLoginFile } from '../roles/mariadb/sql.ts'
import { MariadbServer } from '../test/engines/collector-support/mariadb-server.ts'
import { shown, summary, timed } from './measure.ts'
import { cpuOf } from './pairs.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, rows: { type: 'string', default: '1000000' } } })
const [rounds, rows] = [Number(values.rounds), Number(values.rows)]
const ways = { dump: dump('rows'), copy: takesRows({ copyFrom: 0 }) } as const
type Way = keyof typeof ways

const folder = mkdtempSync(join(tmpdir(), 'bench-backup-'))
mkdirSync(join(folder, 'card'))
const [server, spare] = await Promise.all([MariadbServer.create(), MariadbServer.create()])

try {
  for (const each of [server, spare]) {
    await each.query('CREATE DATABASE temperature')
    await each.query(readingTable.replace('reading (', 'temperature.reading ('))
  }
  await server.query(
    `INSERT INTO temperature.reading (reading_location, reading_date, reading_note, reading_value)
     SELECT CONCAT('producer', seq % 8), '2026-01-01' + INTERVAL seq SECOND, '', 20 + seq % 400 / 10 FROM temperature.seq_1_to_${rows}`,
  )
  const seen: Record<string, Record<Way, number[]>> = {}
  const notes = (what: string, way: Way, value: number) => ((seen[what] ??= { dump: [], copy: [] })[way].push(value), value)
  for (let round = 0; round < rounds; round++)
    for (const way of ['dump', 'copy'] as const) {
      const file = join(folder, way)
      const writer = writes(round * 2 + (way === 'copy' ? 1 : 0))
      const before = cpuOf(server.pid)
      const taken = await timed(`set -o pipefail\n{ ${on(server, ways[way])}\n} </dev/null >${file} 2>/dev/null`)
      notes('seconds to take', way, taken.wall)
      notes('CPU seconds to take', way, taken.cpu + cpuOf(server.pid) - before)
      notes('longest wait of a writer, ms', way, await writer.ended())
      const bytes = statSync(file).size
      notes('MiB', way, bytes / 2 ** 20)
      await spare.query('TRUNCATE temperature.reading')
      const cpu = cpuOf(spare.pid)
      const put = await timed(`set -o pipefail\n{ ${on(spare, addsRows(bytes))}\n} <${file} >/dev/null`)
      notes('seconds to put back', way, put.wall)
      notes('CPU seconds to put back', way, put.cpu + cpuOf(spare.pid) - cpu)
      const [{ n = 0 } = {}] = await spare.query<{ n: number }>("SELECT COUNT(*) AS n FROM temperature.reading WHERE reading_note = ''")
      if (n !== rows) throw new Error(`${way}: ${n} rows came back of ${rows}`)
      console.log(`round ${round + 1}, ${way}: taken in ${taken.wall.toFixed(1)} s, put back in ${put.wall.toFixed(1)} s`)
    }
  console.log(
    `\n${rounds} rounds of each in turn, ${rows} rows; median (least–most)\n${''.padEnd(32)}${'DUMP'.padEnd(24)}${'COPY'.padEnd(24)}COPY THROUGH DUMP`,
  )
  for (const [what, { dump: one, copy: other }] of Object.entries(seen)) {
    const ratio = summary(other.map((each, at) => each / (one[at] ?? NaN)))
    console.log(`${what.padEnd(32)}${shown(summary(one), 1).padEnd(24)}${shown(summary(other), 1).padEnd(24)}${shown(ratio)}`)
  }
} finally {
  await Promise.all([server.destroy(), spare.destroy()])
  rmSync(folder, { recursive: true, force: true })
}

/** The text as it runs on a Pi, for a server of this machine. */
function on(at: MariadbServer, text: string): string {
  const paths = { [socket]: `${at.directory}/sock`, [rootLoginFile]: join(folder, 'none'), '/var/lib/provision': join(folder, 'card') }
  return Object.entries(paths).reduce((so, [from, to]) => so.replaceAll(from, to), text)
}

/** Writes a row a hundredth of a second. */
function writes(number: number) {
  let [going, longest] = [true, 0]
  const done = (async () => {
    for (let row = 0; going; row++) {
      const began = performance.now()
      await server.query(
        `INSERT INTO temperature.reading VALUES ('writer', '2026-02-0${number + 1}' + INTERVAL ${row} SECOND, 'written meanwhile', 1)`,
      )
      longest = Math.max(longest, performance.now() - began)
      await sleep(10)
    }
  })()
  return {
    async ended(): Promise<number> {
      going = false
      await done
      return longest
    },
  }
}
