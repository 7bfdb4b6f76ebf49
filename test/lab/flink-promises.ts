import { flinkUse } from '../../roles/flink/place.ts'
import { flinkVars } from '../../roles/flink/vars.ts'
import { kafkaUse } from '../../roles/kafka/memory.ts'
import { kafkaVars } from '../../roles/kafka/vars.ts'
import { mariadbUse } from '../../roles/mariadb/memory.ts'
import { mariadbVars } from '../../roles/mariadb/vars.ts'

const MiB = 2 ** 20
const sum = (parts: Readonly<Record<string, number>>) => Object.values(parts).reduce((total, bytes) => total + bytes, 0)

/** What the planner promises of a Pi, in MiB: by role, and of each process by its unit. */
export interface Promises {
  readonly roles: Readonly<Record<string, number>>
  readonly units: Readonly<Record<string, number>>
}

/** The promises of broker, store and Flink on a Pi with so many MiB, as its roles make them. */
export function promisesOf(roles: readonly string[], memory: number, vars: Readonly<Record<string, object>>): Promises {
  // As a virtual `rpi4-2g` says of itself on a machine of x86-64.
  const facts = { memory: memory * MiB, cores: 4, architecture: 'amd64' } as const
  const kafka = roles.includes('kafka') ? kafkaUse(facts, kafkaVars.parse(vars['kafka'] ?? {})) : {}
  const mariadb = roles.includes('mariadb') ? mariadbUse(facts, mariadbVars.parse(vars['mariadb'] ?? {})) : {}
  const exporter = roles.includes('mariadb') ? 24 * MiB : 0
  const base = 96 * MiB
  const beside = sum(kafka) + sum(mariadb) + exporter + base
  const flink = roles.includes('flink')
    ? flinkUse({ host: { model: 'rpi4-2g' }, facts, vars: flinkVars.parse(vars['flink'] ?? {}), beside })
    : {}
  const guard = kafka['guard of the card'] ?? 0
  const inMib = (all: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(all).map(([name, bytes]) => [name, Math.round(bytes / MiB)]))
  return {
    roles: inMib({ base, kafka: sum(kafka), mariadb: sum(mariadb) + exporter, flink: sum(flink) }),
    units: inMib({
      kafka: sum(kafka) - guard - (kafka['page cache for the newest readings'] ?? 0),
      'kafka-guard': guard,
      mariadb: sum(mariadb),
      'prometheus-mysqld-exporter': exporter,
      'flink-jobmanager': flink['JobManager'] ?? 0,
      'flink-taskmanager': flink['TaskManager'] ?? 0,
    }),
  }
}
