import { Failed } from '../../../engine/errors.ts'
import { didYouMean } from '../../../engine/inventory/nearest.ts'
import type { Host } from '../../../engine/inventory/types.ts'
import type { Offered, OfferedBy } from '../../../engine/offer.ts'
import { brokers, producers, readings, type Jobs } from '../../offers.ts'
import type { JobPlace } from './fleet-jobs.ts'
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

/** What the stores and brokers of the fleet are told of a host's jobs: they make tables and accounts. `from`: hosts of the TaskManagers. */
export const offersJobs = ({ group, store }: JobVars, from: readonly Host[]): Jobs => ({
  to: 'mariadb',
  group,
  tables: jobTables,
  from,
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

/** Where jobs are worked at, and what for. */
export interface JobWork {
  /** Whose accounts they have: the host with the JobManager. */
  readonly host: Host
  /** Those with TaskManagers, from which they read and write. */
  readonly from: readonly Host[]
  readonly vars: JobVars
  /** The file in which they have the certificate of the fleet's CA. */
  readonly ca: string
}

/**
 * From the brokers of the fleet to its MariaDB.
 * @throws {Failed} where there is no such thing, and where there are several stores and none is chosen
 */
export function jobTask({ host, from, vars, ca }: JobWork, offered: OfferedBy, secret: (name: string) => string): JobTask {
  const cluster = offered(brokers)
  const [first] = cluster
  if (!first) throw missing(host, 'no host of the fleet is a broker', 'give a host the role kafka')
  const stores = offered(readings).filter(({ value }) => value.jobs)
  const names = stores.map(each => each.host.name)
  if (vars.store === undefined && stores.length > 1)
    throw new Failed({
      message: `the jobs of ${host.name} could write to ${names.join(' or ')}, and nothing says which`,
      hint: `set store: ${names[0]} for the role flink, or another of them`,
    })
  const found = stores.find(each => vars.store === undefined || each.host.name === vars.store)
  if (!found?.value.jobs)
    throw missing(
      host,
      vars.store === undefined
        ? 'no store of the fleet keeps tables of jobs'
        : `the host ${vars.store} has no store that keeps tables of jobs`,
      (vars.store === undefined ? undefined : didYouMean(vars.store, names)) ??
        'give a host the role mariadb, or correct the variable `store`',
    )
  const login = first.value.job(host)
  const { tls, table, ...store } = found.value.jobs.store(host, from)
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

/** Seconds of silence: so many intervals of the slowest producer, and a minute at least. */
export const silenceOf = (intervals: readonly number[], times: number): number =>
  Math.max(60, Math.ceil((Math.max(0, ...intervals) * times) / 1000))

const missing = (host: Host, why: string, hint: string): Failed =>
  new Failed({ message: `the jobs of ${host.name} have nothing to do: ${why}`, hint })
