import { setTimeout as sleep } from 'node:timers/promises'
import type * as z from 'zod'
import type { Fleet } from '../../../engine/inventory/types.ts'
import { exec, LabError } from '../../../lab/index.ts'
import type { Scenario } from '../../../lab/scenario/schema.ts'
import { statement } from '../../../roles/cassandra/cql/asked.ts'
import { runCql } from '../../../roles/cassandra/cql/run.ts'
import type { cassandraVars } from '../../../roles/cassandra/vars.ts'
import type { mariadbVars } from '../../../roles/mariadb/vars.ts'
import { countKafka, readKafka } from './kafka.ts'
import { counted, minuteOf } from './minutes.ts'
import { type Found, Tally } from './found.ts'

/** Reads all that a kind of store has, by whichever host of it answers. */
export const countIn: Readonly<Record<Scenario['store'], (fleet: Fleet) => Promise<Found>>> = {
  kafka: countKafka,

  mariadb: async fleet => {
    const tally = new Tally()
    for (const { host, vars } of hostsOf<z.output<typeof mariadbVars>>(fleet, 'mariadb')) {
      const table = `\`${vars.database}\`.\`${vars.table}\``
      const sql = `SELECT reading_location, reading_note, reading_date FROM ${table}`
      for (const line of await linesOf(fleet, host, `mariadb --batch --skip-column-names -e ${quoted(sql)}`)) {
        const [place = '', note = '', date = ''] = line.split('\t')
        tally.add(place, Number(note), date)
      }
    }
    return tally.found
  },

  cassandra: async fleet => {
    const [first] = hostsOf<z.output<typeof cassandraVars>>(fleet, 'cassandra')
    if (!first) throw new LabError(`No host of ${fleet.name} has the role cassandra.`)
    const cql = statement(`SELECT reading_location, reading_note, reading_date FROM ${first.vars.keyspace}.${first.vars.table}`)
    const tally = new Tally()
    for (const line of await linesOf(fleet, first.host, runCql([cql], '--json --all --wait 60 '))) {
      const row = JSON.parse(line) as { reading_location: string; reading_note: string; reading_date: string }
      tally.add(row.reading_location, Number(row.reading_note), row.reading_date)
    }
    return tally.found
  },

  flink: async fleet => {
    const [store] = hostsOf<z.output<typeof mariadbVars>>(fleet, 'mariadb')
    if (!store) throw new LabError(`No host of ${fleet.name} has the role mariadb, where the jobs' tables are.`)
    const readings = await readKafka(fleet)
    const columns = 'reading_location, reading_from, reading_count, reading_least, reading_highest'
    const sql = `SELECT ${columns} FROM \`${store.vars.database}\`.reading_minute`
    // A row is written anew some seconds after a reading came to its minute.
    for (const end = Date.now() + patience; ; await sleep(3000)) {
      const lines = await linesOf(fleet, store.host, `mariadb --batch --skip-column-names -e ${quoted(sql)}`)
      const found = counted(readings, new Map(lines.map(minuteOf)))
      const complete =
        [...found.values()].reduce((sum, numbers) => sum + numbers.size, 0) >=
        new Set(readings.map(({ location, note }) => `${location} ${note}`)).size
      if (complete || Date.now() > end) return found
    }
  },
}

/** Milliseconds that a job may take to write down what it has counted. */
const patience = 90_000

function hostsOf<Vars>(fleet: Fleet, role: string): readonly { readonly host: string; readonly vars: Vars }[] {
  return fleet.hosts.filter(({ roles }) => roles.includes(role)).map(({ name, vars }) => ({ host: name, vars: vars[role] as Vars }))
}

async function linesOf(fleet: Fleet, host: string, script: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await exec(fleet, host, ['bash', '-s'], { stdin: script })
  if (code !== 0) throw new LabError(`${host} could not be counted: ${stderr.trim().split('\n').at(-1)}`)
  return stdout.split('\n').filter(Boolean)
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
