import * as z from 'zod'
import { Failed } from '../../engine/errors.ts'
import type { Shell } from '../../engine/resources/kind.ts'
import type { Measured, PastQuestion, Span } from '../offers.ts'
import { statement, type Statement } from './cql/asked.ts'
import { cqlName } from './cql/literals.ts'
import { runCql } from './cql/run.ts'
import type { CassandraVars } from './vars.ts'

const day = 86_400
const row = z.object({ reading_location: z.string(), at: z.string(), mean: z.number(), readings: z.coerce.number() })
const end = '{"end":true}'

const timeText = (seconds: number) => `'${new Date(seconds * 1000).toISOString()}'`

/** A question for each location and day (UTC), which is a partition: the node that has it works the means out. */
function questions({ keyspace, byDay }: Pick<CassandraVars, 'keyspace' | 'byDay'>, span: Span, locations: readonly string[]): Statement[] {
  const { from, to, step } = span
  const slot = `floor(reading_date, ${step}s)`
  const days = Array.from({ length: Math.ceil(to / day) - Math.floor(from / day) }, (_, index) => (Math.floor(from / day) + index) * day)
  return locations.flatMap(location =>
    days.map(begin =>
      statement(
        `SELECT reading_location, ${slot} AS at, avg(reading_value) AS mean, count(reading_value) AS readings ` +
          `FROM ${cqlName(keyspace)}.${cqlName(byDay)} WHERE reading_location = ? AND reading_day = ${timeText(begin).slice(0, 11)}' ` +
          `AND reading_date >= ${timeText(from)} AND reading_date < ${timeText(to)} GROUP BY reading_location, reading_day, ${slot}`,
        location,
      ),
    ),
  )
}

function readMeans(output: string, { step }: Span): readonly Measured[] {
  const lines = output.trimEnd().split('\n')
  if (lines.at(-1) !== end) throw new Failed({ message: 'Cassandra did not tell all of its readings' })
  // A step that is longer than a day has a mean of each day.
  const sums = new Map<string, Map<number, { sum: number; readings: number }>>()
  for (const line of lines.slice(0, -1)) {
    const { reading_location: location, at, mean, readings } = row.parse(JSON.parse(line))
    const slots = sums.get(location) ?? new Map<number, { sum: number; readings: number }>()
    const begin = Math.floor(Date.parse(at) / 1000 / step) * step
    const { sum = 0, readings: before = 0 } = slots.get(begin) ?? {}
    slots.set(begin, { sum: sum + mean * readings, readings: before + readings })
    sums.set(location, slots)
  }
  return [...sums].map(([location, slots]) => ({
    location,
    means: [...slots].map(([at, { sum, readings }]) => [at, sum / readings] as const).sort(([a], [b]) => a - b),
  }))
}

/** What was measured, as the ring has it: any node may be asked. */
export function pastQuestion(vars: Pick<CassandraVars, 'keyspace' | 'byDay'>): PastQuestion {
  return {
    // The end stands behind the text that is asked, so it is a line of its own.
    ask: (span, locations): Shell => `set -e\n${runCql(questions(vars, span, locations), '--json ')}\necho '${end}'`,
    read: readMeans,
  }
}
