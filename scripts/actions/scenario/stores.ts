import type * as z from 'zod'
import type { Fleet } from '../../../engine/inventory/types.ts'
import { exec, LabError } from '../../../lab/index.ts'
import { statement } from '../../../roles/cassandra/cql/asked.ts'
import { runCql } from '../../../roles/cassandra/cql/run.ts'
import type { cassandraVars } from '../../../roles/cassandra/vars.ts'
import type { mariadbVars } from '../../../roles/mariadb/vars.ts'
import { countKafka } from './kafka.ts'
import { type Found, put } from './found.ts'

/** Reads all that a kind of store has, by whichever host of it answers. */
export const countIn: Readonly<Record<'mariadb' | 'kafka' | 'cassandra', (fleet: Fleet) => Promise<Found>>> = {
  kafka: countKafka,

  mariadb: async fleet => {
    const found = new Map<string, Map<number, number>>()
    for (const { host, vars } of hostsOf<z.output<typeof mariadbVars>>(fleet, 'mariadb')) {
      const table = `\`${vars.database}\`.\`${vars.table}\``
      const sql = `SELECT reading_location, reading_note, COUNT(*) FROM ${table} GROUP BY reading_location, reading_note`
      for (const line of await linesOf(fleet, host, `mariadb --batch --skip-column-names -e ${quoted(sql)}`)) {
        const [place = '', note = '', times = ''] = line.split('\t')
        put(found, place, Number(note), Number(times))
      }
    }
    return found
  },

  cassandra: async fleet => {
    const [first] = hostsOf<z.output<typeof cassandraVars>>(fleet, 'cassandra')
    if (!first) throw new LabError(`No host of ${fleet.name} has the role cassandra.`)
    const cql = statement(`SELECT reading_location, reading_note FROM ${first.vars.keyspace}.${first.vars.table}`)
    const found = new Map<string, Map<number, number>>()
    for (const line of await linesOf(fleet, first.host, runCql([cql], '--json '))) {
      const { reading_location: place, reading_note: note } = JSON.parse(line) as { reading_location: string; reading_note: string }
      put(found, place, Number(note))
    }
    return found
  },
}

function hostsOf<Vars>(fleet: Fleet, role: string): readonly { readonly host: string; readonly vars: Vars }[] {
  return fleet.hosts.filter(({ roles }) => roles.includes(role)).map(({ name, vars }) => ({ host: name, vars: vars[role] as Vars }))
}

async function linesOf(fleet: Fleet, host: string, script: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await exec(fleet, host, ['bash', '-s'], { stdin: script })
  if (code !== 0) throw new LabError(`${host} could not be counted: ${stderr.trim().split('\n').at(-1)}`)
  return stdout.split('\n').filter(Boolean)
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
