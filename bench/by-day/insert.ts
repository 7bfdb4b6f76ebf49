import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { collectorEntry } from '../../collector/entry.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import type { LoadReport } from '../../collector/load/report.ts'
import type { Reading } from '../../collector/reading.ts'
import type { CassandraNode } from '../../test/engines/collector-support/cassandra-node.ts'
import { account, emptyTables, Store } from './store.ts'

/** Into the one table; into both; into both, with the rows of a day one by one. */
export type Way = 'one' | 'both' | 'alone'

let runs = 0

/** Readings a second that the load tool stores. */
export async function loadTool(node: CassandraNode, way: Way, seconds: number): Promise<number> {
  await emptyTables(node)
  const { path } = await buildProgram(collectorEntry)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      path,
      '--backend',
      'cassandra',
      '--host',
      node.address,
      '--port',
      String(node.port),
      '--user',
      account,
      ...(way === 'one' ? ['--no-by-day'] : []),
      '--threads',
      '1',
      '--inflight',
      '64',
      '--duration',
      `${seconds}s`,
      '--location',
      `load${++runs}`,
      '--json',
    ],
    { env: { ...process.env, COLLECT_PASSWORD: account } },
  )
  return (JSON.parse(stdout) as LoadReport).tps
}

/** Readings a second that an agent delivers from a queue that is never empty. */
export async function catchUp(node: CassandraNode, way: Way, seconds: number): Promise<number> {
  await emptyTables(node)
  const location = `queue${++runs}`
  const midday = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 43_200_000
  const reading = (i: number): Reading => ({ location, date: (midday + i) * 1000, value: 20, note: '' })
  return Store.use(
    node,
    async ({ backend }) => {
      const began = performance.now()
      const passed = (): number => (performance.now() - began) / 1000
      let count = 0
      while (passed() < seconds) {
        const batch = Array.from({ length: backend.maxBatch }, (_, i) => reading(count + i))
        // Half as many at a time: each is two requests.
        if (way === 'alone') await inLanes(batch, 16, each => backend.store([each]))
        else await backend.store(batch)
        count += batch.length
      }
      return count / passed()
    },
    way !== 'one',
  )
}

async function inLanes<Item>(items: readonly Item[], lanes: number, work: (item: Item) => Promise<unknown>): Promise<void> {
  const rest = items.values()
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const item of rest) await work(item)
    }),
  )
}
