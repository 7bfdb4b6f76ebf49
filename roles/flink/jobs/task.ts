import { Failed } from '../../../engine/errors.ts'
import type { Host } from '../../../engine/inventory/types.ts'
import type { Offered, OfferedBy } from '../../../engine/offer.ts'
import { brokers, producers, readings, type Jobs } from '../../offers.ts'
import { silenceOf, type JobPlace } from './fleet-jobs.ts'
import { jobTables } from './tables.ts'

/** What a role says of its jobs. */
export interface JobVars {
  /** As which group they read. */
  readonly group: string
  /** The host whose MariaDB they write to, where there are several. */
  readonly store?: string | undefined
  /** Intervals of a producer without a reading after which it is silent. */
  readonly silentAfter: number
}

/** What the stores and brokers of the fleet are told of a host's jobs: they make tables and accounts. */
export const offersJobs = ({ group, store }: JobVars): Jobs => ({
  to: 'mariadb',
  group,
  tables: jobTables,
  ...(store !== undefined && { store }),
})

/** Where the jobs of a host read and write. */
export interface JobTask {
  /** Without these they can do nothing. */
  readonly needs: readonly Pick<Offered<unknown>, 'host' | 'role'>[]
  readonly place: JobPlace
}

/** Seconds after which a partition without readings holds up nobody. */
const idle = 60

/**
 * From the brokers of the fleet to its MariaDB. `ca`: the file in which the Pis of Flink have the certificate of the fleet's CA.
 * @throws {Failed} where there is no such thing
 */
export function jobTask(host: Host, offered: OfferedBy, vars: JobVars, ca: string, secret: (name: string) => string): JobTask {
  const cluster = offered(brokers)
  const [first] = cluster
  if (!first) throw missing(host, 'no host of the fleet is a broker', 'give a host the role kafka')
  const found = offered(readings).find(({ value, host: { name } }) => value.jobs && (vars.store === undefined || name === vars.store))
  if (!found?.value.jobs)
    throw missing(
      host,
      vars.store === undefined
        ? 'no store of the fleet keeps tables of jobs'
        : `the host ${vars.store} has no store that keeps tables of jobs`,
      'give a host the role mariadb, or correct the variable `store`',
    )
  const login = first.value.job(host)
  const { tls, table, ...store } = found.value.jobs.store(host)
  return {
    needs: [...cluster, found],
    place: {
      topic: {
        brokers: cluster.map(({ value }) => value.address),
        topic: first.value.topic,
        group: vars.group,
        user: login.user,
        password: secret(login.secret),
        ca,
        idle,
      },
      database: { ...store, password: secret(found.value.jobs.secret(host)), ...(tls && { ca }) },
      table,
      silence: silenceOf(
        offered(producers).map(({ value }) => value.interval),
        vars.silentAfter,
      ),
    },
  }
}

const missing = (host: Host, why: string, hint: string): Failed =>
  new Failed({ message: `the jobs of ${host.name} have nothing to do: ${why}`, hint })
