import { offersOf } from '../../engine/offer.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import { registry } from '../../roles/index.ts'
import { metrics } from '../../roles/offers.ts'
import { fleetOf, hostsNamed } from '../unit/engine/run/folder-session.ts'

const roles = await registry.all()

/** Every role that offers figures, on one Pi each. */
const fleet = fleetOf(
  registry.names.flatMap(role =>
    hostsNamed([`${role}1`], [role]).map(host => ({ ...host, address: `10.0.0.${role.length}`, model: 'rpi4-1g' as const })),
  ),
)
export const offers = offersOf(fleet, roles, varsOf)(metrics)

/** Series (a minute between values) by which a rule fires at a moment, or does not. */
export interface Case {
  readonly fires: boolean
  readonly series: Readonly<Record<string, string>>
  /** Minutes. */
  readonly at: number
  /** What the alert carries; the host's name where absent. */
  readonly labels?: string
}

type Series = Case['series']
const fires = (at: number, series: Series, labels?: string): Case => ({ fires: true, series, at, ...(labels && { labels }) })
const silent = (at: number, series: Series, labels?: string): Case => ({ fires: false, series, at, ...(labels && { labels }) })

const GB = 1e9
const card = 32 * GB
const on = (mount: string) => `mountpoint="${mount}",host="pi"`
/** Bytes free of a card of 32 GB, as they go. */
const free = (values: string, mount = '/'): Series => ({
  [`node_filesystem_avail_bytes{${on(mount)}}`]: values,
  [`node_filesystem_size_bytes{${on(mount)}}`]: `${card}x1000`,
})
/** Falls by so many bytes a minute to `end` at minute 480. */
const falling = (end: number, each: number) => `${end + 480 * each}-${each}x600`
const dayOf = (bytes: number) => bytes / (24 * 60)

/** A value that is wrong for as long as it takes, for less than that, and one that is right. */
const state = (name: string, labels: string, { bad, good, within }: { bad: number; good: number; within: number }): Case[] => {
  const series = `${name}{${labels}}`
  return [
    fires(within, { [series]: `${bad}x60` }),
    silent(within, { [series]: `${good}x60` }),
    ...(within > 0 ? [silent(within - 1, { [series]: `${bad}x60` })] : []),
  ]
}

/** A counter that went up a moment ago, and one that stands still. */
const counter = (name: string, labels = ''): Case[] => {
  const series = `${name}{host="pi"${labels}}`
  return [fires(5, { [series]: '0 0 0 5 5 5' }), silent(5, { [series]: '5x10' })]
}

const pi = 'host="pi"'
/** Alerts that nobody took, again and again, and what was started when. */
const dropped = (labels: string, started: string): Series => ({
  [`prometheus_notifications_dropped_total{${pi}}`]: '0 0 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 5 6x20',
  [`process_start_time_seconds{${labels}}`]: started,
})
/** Partitions without a leader, of two brokers of which the other is up or not; and somebody else who is away. */
const offline = (partitions: number, other: 0 | 1): Series => ({
  [`kafka_controller_offlinepartitionscount{${pi},job="kafka"}`]: `${partitions}x60`,
  [`up{${pi},job="kafka"}`]: '1x60',
  ['up{host="other",job="kafka"}']: `${other}x60`,
  ['up{host="other",job="node"}']: '0x60',
})
const taken = (each: number, host = 'pi'): Series => ({ [`collector_readings_total{host="${host}"}`]: `0+${each}x100` })
const stored = (each: number, host = 'pi'): Series => ({ [`collector_stored_total{host="${host}",backend="mariadb"}`]: `0+${each}x100` })
const connections = (open: number): Series => ({
  [`mysql_global_status_threads_connected{${pi}}`]: `${open}x20`,
  [`mysql_global_variables_max_connections{${pi}}`]: '100x20',
})
const ending = (days: number): Series => ({ [`pi_certificate_end_seconds{${pi},path="/etc/a.pem"}`]: `${days * 86_400}x10` })
const backedUp = (days: number): Series => ({ [`fleet_backup_seconds{${pi},role="mariadb"}`]: `${-days * 86_400}x10` })
const year = 365 * 86_400
/** Seconds since a certificate was issued at minute 0; the clock of these cases begins in 1970. */
const issued = (age: number, backend = 'awsiot'): Series => ({
  [`collector_certificate_issued_timestamp_seconds{${pi},backend="${backend}",certificate="ab"}`]: `${-age}x100`,
})
const checkpoints = (made: string, running: number): Series => ({
  [`flink_job_numberofcompletedcheckpoints{${pi},name="averages"}`]: made,
  [`flink_job_runningstate{${pi},name="averages"}`]: `${running}x40`,
})
const cassandra = 'host="cassandra1"'
const kafka = 'host="kafka1"'
/** Partitions that a broker leads, and those that one leads whom the inventory does not know. */
const leading = (own: number, stranger: number): Series => ({
  [`kafka_server_leadercount{${kafka}}`]: `${own}x40`,
  'kafka_server_leadercount{host="stranger"}': `${stranger}x40`,
})
const throttled = (cause: string, value: number): Series => ({ [`pi_throttled{${pi},cause="${cause}"}`]: `${value}x10` })

/**
 * What each alert is proven by. Values lie within half and twice of a threshold, and times a minute below what a rule waits for: so a rule
 * that is a little different is found out.
 */
export const cases: Readonly<Record<string, readonly Case[]>> = {
  CardFullSoon: [
    // Full in six days; in nine; in six, but most of the card is free; for less than an hour; a card that is not the root's.
    fires(480, free(falling(0.4 * card, dayOf(0.4 * card) / 6))),
    silent(480, free(falling(0.4 * card, dayOf(0.4 * card) / 9))),
    silent(480, free(falling(0.7 * card, dayOf(0.7 * card) / 6))),
    silent(50, free(`${0.4 * card}-${dayOf(0.4 * card) / 6}x600`)),
    silent(480, free(falling(0.4 * card, dayOf(0.4 * card) / 6), '/mnt/disk')),
  ],
  CardAlmostFull: [
    fires(5, free(`${0.045 * card}x20`)),
    silent(10, free(`${0.07 * card}x20`)),
    silent(4, free(`${0.045 * card}x20`)),
    silent(10, free(`${0.045 * card}x20`, '/mnt/disk')),
  ],
  RootReadOnly: [
    ...state('node_filesystem_readonly', on('/'), { bad: 1, good: 0, within: 1 }),
    silent(10, { [`node_filesystem_readonly{${on('/boot')}}`]: '1x20' }),
  ],
  ClockOff: [
    ...state('node_timex_sync_status', pi, { bad: 0, good: 1, within: 15 }),
    fires(20, { [`node_timex_offset_seconds{${pi}}`]: '-0.7x30' }),
    silent(20, { [`node_timex_offset_seconds{${pi}}`]: '-0.4x30' }),
  ],
  OutOfMemory: counter('node_vmstat_oom_kill'),
  Rebooted: [
    fires(4, { [`node_boot_time_seconds{${pi}}`]: '100 100 100 900 900' }),
    silent(4, { [`node_boot_time_seconds{${pi}}`]: '100x10' }),
  ],
  Hot: [
    ...state('node_thermal_zone_temp', `${pi},zone="0"`, { bad: 82, good: 70, within: 5 }),
    fires(10, { [`node_hwmon_temp_celsius{${pi},chip="cpu",sensor="temp1"}`]: '90x20' }),
  ],
  UnderVoltage: [
    ...state('node_hwmon_in_lcrit_alarm', `${pi},chip="rpi_volt",sensor="in0"`, { bad: 1, good: 0, within: 0 }),
    fires(2, throttled('under-voltage', 1)),
    silent(2, throttled('throttled', 1)),
  ],
  Throttled: [
    fires(2, throttled('throttled', 1), `${pi},cause="throttled"`),
    silent(2, throttled('throttled', 0)),
    silent(1, throttled('throttled', 1)),
    silent(2, throttled('under-voltage', 1)),
  ],
  CertificateOld: [fires(5, ending(20)), silent(5, ending(40))],
  BackupOld: [fires(5, backedUp(9), `${pi},role="mariadb"`), silent(5, backedUp(7))],
  ProducerSilent: [
    fires(20, { [`collector_readings_total{${pi}}`]: '70x30' }),
    silent(20, { [`collector_readings_total{${pi}}`]: '0+60x30' }),
  ],
  QueueGrows: state('collector_queue_oldest_seconds', `${pi},backend="mariadb"`, { bad: 900, good: 500, within: 5 }),
  StoredLessThanTaken: [
    fires(60, { ...taken(60), ...stored(36), ...taken(60, 'other'), ...stored(60, 'other') }),
    silent(60, { ...taken(60), ...stored(60) }),
    silent(10, { ...taken(60), ...stored(36) }),
  ],
  ReadingsLost: [...counter('collector_dropped_total', ',backend="mariadb"'), ...counter('collector_queue_damaged_total')],
  DeadLetters: counter('collector_dead_letters_total', ',backend="mariadb"'),
  QueueDiskAway: state('collector_queue_disk_up', pi, { bad: 0, good: 1, within: 5 }),
  DeviceCertificateOld: [
    fires(70, issued(1.1 * year)),
    silent(70, issued(0.9 * year)),
    silent(50, issued(1.1 * year)),
    // One of the fleet's CA ends, and is renewed.
    silent(70, issued(1.1 * year, 'mqtt')),
  ],
  MariadbDown: state('mysql_up', pi, { bad: 0, good: 1, within: 2 }),
  MariadbConnectionsShort: [fires(5, connections(95)), silent(5, connections(60)), silent(4, connections(95))],
  CassandraNodeDown: state('cassandra_nodes_downendpointcount', pi, { bad: 1, good: 0, within: 5 }),
  CassandraSharesUneven: [
    ...state('cassandra_owned_ratio', `${cassandra},job="node"`, { bad: 0.9, good: 0.96, within: 60 }).map(each => ({
      ...each,
      labels: cassandra,
    })),
    // Another job's figure of the same name.
    silent(90, { [`cassandra_owned_ratio{${cassandra},job="other"}`]: '0.5x100' }),
  ],
  CassandraStreamStuck: [
    ...state('cassandra_stream_still_seconds', `${pi},job="node"`, { bad: 1500, good: 600, within: 0 }),
    silent(5, { [`cassandra_stream_still_seconds{${pi},job="other"}`]: '1500x10' }),
  ],
  // The broker of these cases is to lead all.
  KafkaLeadersUneven: [fires(20, leading(80, 20), kafka), silent(20, leading(90, 10)), silent(10, leading(80, 20))],
  KafkaPartitionsLackCopies: state('kafka_server_underreplicatedpartitions', pi, { bad: 3, good: 0, within: 5 }),
  KafkaPartitionsTakeNothing: state('kafka_server_underminisrpartitioncount', pi, { bad: 3, good: 0, within: 1 }),
  KafkaPartitionsOffline: [
    fires(1, offline(1, 1), 'job="kafka"'),
    fires(1, offline(2, 0), 'job="kafka"'),
    silent(0, offline(1, 1)),
    silent(5, offline(0, 1)),
    // The health partition of the one that is away.
    silent(5, offline(1, 0)),
  ],
  KafkaCardShort: state('kafka_guard_state', pi, { bad: 2, good: 0, within: 1 }),
  FlinkJobDown: state('flink_job_runningstate', `${pi},name="averages"`, { bad: 0, good: 1, within: 5 }),
  FlinkCheckpointOld: [
    fires(30, checkpoints('40x40', 1)),
    silent(30, checkpoints('0+2x40', 1)),
    silent(30, checkpoints('40x40', 0)),
    silent(4, checkpoints('40x40', 1)),
  ],
  // Four in half an hour, and two.
  FlinkJobRestarts: [
    fires(40, { [`flink_job_numrestarts{${pi},name="averages"}`]: '0x20 1 2 3 4x20' }),
    silent(40, { [`flink_job_numrestarts{${pi},name="averages"}`]: '0x20 1 2x20' }),
  ],
  // Four of each job are kept, and 512 MiB are meant for them.
  FlinkCheckpointsLarge: [
    ...state('flink_job_lastcheckpointsize', `${pi},name="averages"`, { bad: 110 * 2 ** 20, good: 100 * 2 ** 20, within: 10 }),
    fires(10, {
      [`flink_job_lastcheckpointsize{${pi},name="averages"}`]: `${60 * 2 ** 20}x60`,
      [`flink_job_lastcheckpointsize{${pi},name="anomalies"}`]: `${60 * 2 ** 20}x60`,
    }),
  ],
  FlinkWithoutTaskManager: state('flink_jobmanager_numregisteredtaskmanagers', pi, { bad: 0, good: 1, within: 5 }),
  SinkLags: [
    fires(35, { [`sink_lag{${pi}}`]: '1500+10x40' }),
    silent(35, { [`sink_lag{${pi}}`]: '700+1x40' }),
    silent(35, { [`sink_lag{${pi}}`]: '1900-10x40' }),
    silent(10, { [`sink_lag{${pi}}`]: '1500+10x40' }),
  ],
  ReadingsGoneFromTopic: counter('sink_gone_total'),
  SinkLetsReadingsLie: counter('sink_dead_letters_total'),
  PrometheusRulesFail: [
    fires(12, { [`prometheus_rule_evaluation_failures_total{${pi}}`]: '0+1x30' }),
    silent(11, { [`prometheus_rule_evaluation_failures_total{${pi}}`]: '0 0 0 0+1x30' }),
    silent(20, { [`prometheus_rule_evaluation_failures_total{${pi}}`]: '0 1 2 3 4x30' }),
    silent(20, { [`prometheus_rule_evaluation_failures_total{${pi}}`]: '5x30' }),
  ],
  AlertsNotDelivered: [
    ...counter('prometheus_notifications_dropped_total'),
    fires(5, dropped(`${pi},job="prometheus"`, '1x10')),
    silent(5, dropped(`${pi},job="prometheus"`, '1 1 2x10')),
    // It is long ago that it was started.
    fires(20, dropped(`${pi},job="prometheus"`, '1 1 2x30')),
    // Another one was.
    fires(5, dropped(`${pi},job="other"`, '1 1 2x10')),
    fires(5, dropped('host="other",job="prometheus"', '1 1 2x10')),
  ],
  // It is never silent: whoever hears it no more knows that alerts do not come.
  Watchdog: [fires(0, {}, 'severity="none"')],
  AlertsNotReceived: counter('alertmanager_notifications_failed_total', ',integration="email"'),
  ...Object.fromEntries(
    [...new Set(offers.map(({ value }) => value.job))].map(job => [
      `${job
        .split('-')
        .map(word => `${word[0]?.toUpperCase()}${word.slice(1)}`)
        .join('')}Away`,
      [...state('up', `${pi},job="${job}"`, { bad: 0, good: 1, within: 5 }), silent(10, { [`up{${pi},job="of-another"}`]: '0x20' })],
    ]),
  ),
}

/** A case as `promtool test rules` takes it: whether one alert of this name and these labels is firing at that moment. */
export function promtoolTest(alert: string, { fires: wanted, series, at, labels = pi }: Case): object {
  return {
    interval: '1m',
    // A file without any series is none.
    input_series: Object.entries({ nothing: '0x1', ...series }).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing",${wanted ? labels : ''}}) or vector(0)`,
        eval_time: `${at}m`,
        exp_samples: [{ labels: '{}', value: wanted ? 1 : 0 }],
      },
    ],
  }
}
