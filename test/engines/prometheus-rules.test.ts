import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { offersOf } from '../../engine/offer.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import { roles } from '../../roles/index.ts'
import { metrics } from '../../roles/offers.ts'
import { prometheusConfig, prometheusRules, rulesPath } from '../../roles/prometheus/config.ts'
import { fleetOf, hostsNamed } from '../unit/engine/run/folder-session.ts'

/** Every role that offers figures, on one Pi each. */
const fleet = fleetOf(
  Object.keys(roles).flatMap(role =>
    hostsNamed([`${role}1`], [role]).map(host => ({ ...host, address: `10.0.0.${role.length}`, model: 'rpi4-1g' as const })),
  ),
)
const offers = offersOf(fleet, roles, varsOf)(metrics)

/** Series (a minute between values) by which a rule fires at the moment given; with `well` in place of the first it does not. */
interface Proof {
  readonly fires: Readonly<Record<string, string>>
  readonly well: Readonly<Record<string, string>>
  /** Minutes. */
  readonly at: number
}

const one = (series: string, bad: string, good: string, at: number): Proof => ({ fires: { [series]: bad }, well: { [series]: good }, at })
const GB = 1e9
const root = 'mountpoint="/",host="pi"'
const size = { [`node_filesystem_size_bytes{${root}}`]: `${32 * GB}x1000` }

const proofs: Readonly<Record<string, Proof>> = {
  CardFullSoon: {
    fires: { [`node_filesystem_avail_bytes{${root}}`]: `${12 * GB}-${GB / 60}x600`, ...size },
    well: { [`node_filesystem_avail_bytes{${root}}`]: `${12 * GB}-1000x600`, ...size },
    at: 480,
  },
  CardAlmostFull: {
    fires: { [`node_filesystem_avail_bytes{${root}}`]: `${GB}x20`, ...size },
    well: { [`node_filesystem_avail_bytes{${root}}`]: `${10 * GB}x20`, ...size },
    at: 10,
  },
  RootReadOnly: one(`node_filesystem_readonly{${root}}`, '1x10', '0x10', 5),
  ClockOff: one('node_timex_sync_status{host="pi"}', '0x30', '1x30', 20),
  OutOfMemory: one('node_vmstat_oom_kill{host="pi"}', '0 0 0 1 1 1', '3x10', 5),
  Rebooted: one('node_boot_time_seconds{host="pi"}', '100 100 100 900 900', '100x10', 4),
  Hot: one('node_thermal_zone_temp{host="pi",zone="0"}', '82x20', '70x20', 10),
  UnderVoltage: one('node_hwmon_in_lcrit_alarm{host="pi",chip="rpi_volt",sensor="in0"}', '1x3', '0x3', 2),
  ProducerSilent: one('collector_readings_total{host="pi"}', '70x30', '0+60x30', 20),
  QueueGrows: one('collector_queue_oldest_seconds{host="pi",backend="mariadb"}', '0+60x30', '0x30', 25),
  ReadingsLost: one('collector_dropped_total{host="pi",backend="mariadb"}', '0 0 0 5 5 5', '5x10', 5),
  DeadLetters: one('collector_dead_letters_total{host="pi",backend="mariadb"}', '0 0 0 5 5 5', '5x10', 5),
  QueueDiskAway: one('collector_queue_disk_up{host="pi"}', '0x20', '1x20', 10),
  MariadbDown: one('mysql_up{host="pi"}', '0x20', '1x20', 10),
  MariadbConnectionsShort: {
    fires: { 'mysql_global_status_threads_connected{host="pi"}': '95x20', 'mysql_global_variables_max_connections{host="pi"}': '100x20' },
    well: { 'mysql_global_status_threads_connected{host="pi"}': '5x20', 'mysql_global_variables_max_connections{host="pi"}': '100x20' },
    at: 10,
  },
  CassandraNodeDown: one('cassandra_nodes_downendpointcount{host="pi"}', '1x20', '0x20', 10),
  KafkaPartitionsLackCopies: one('kafka_server_underreplicatedpartitions{host="pi"}', '3x20', '0x20', 10),
  KafkaPartitionsTakeNothing: one('kafka_server_underminisrpartitioncount{host="pi"}', '3x20', '0x20', 5),
  KafkaPartitionsOffline: one('kafka_controller_offlinepartitionscount{host="pi",job="kafka"}', '1x20', '0x20', 5),
  KafkaCardShort: one('kafka_guard_state{host="pi"}', '2x10', '0x10', 5),
  FlinkJobDown: one('flink_job_runningstate{host="pi",name="averages"}', '0x20', '1x20', 10),
  FlinkCheckpointOld: {
    fires: {
      'flink_job_numberofcompletedcheckpoints{host="pi",name="averages"}': '40x40',
      'flink_job_runningstate{host="pi",name="averages"}': '1x40',
    },
    well: {
      'flink_job_numberofcompletedcheckpoints{host="pi",name="averages"}': '0+2x40',
      'flink_job_runningstate{host="pi",name="averages"}': '1x40',
    },
    at: 30,
  },
  FlinkJobRestarts: one('flink_job_numrestarts{host="pi",name="averages"}', '0+1x40', '3x40', 20),
  FlinkWithoutTaskManager: one('flink_jobmanager_numregisteredtaskmanagers{host="pi"}', '0x20', '1x20', 10),
  SinkLags: one('sink_lag{host="pi"}', '2000+10x40', '5000-100x40', 35),
  ReadingsGoneFromTopic: one('sink_gone_total{host="pi"}', '0 0 0 5 5 5', '5x10', 5),
  SinkLetsReadingsLie: one('sink_dead_letters_total{host="pi"}', '0 0 0 5 5 5', '5x10', 5),
  ...Object.fromEntries(
    [...new Set(offers.map(({ value }) => value.job))].map(job => [
      `${job
        .split('-')
        .map(word => `${word[0]?.toUpperCase()}${word.slice(1)}`)
        .join('')}Away`,
      one(`up{job="${job}",host="pi"}`, '0x20', '1x20', 10),
    ]),
  ),
}

interface Rules {
  readonly groups: readonly { readonly name: string; readonly rules: readonly { readonly alert: string }[] }[]
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rules-'))
  writeFileSync(path.join(folder, 'rules.yml'), prometheusRules(offers))
})
afterAll(() => rmSync(folder, { recursive: true }))
const promtool = (...words: string[]) => execFileSync('promtool', words, { encoding: 'utf8', cwd: folder })
const alerts = () => (parse(prometheusRules(offers)) as Rules).groups.flatMap(group => group.rules.map(({ alert }) => alert))

it('the configuration is one that Prometheus takes, with each role’s figures', () => {
  writeFileSync(
    path.join(folder, 'prometheus.yml'),
    prometheusConfig(offers, { interval: 30 }).replace(rulesPath, path.join(folder, 'rules.yml')),
  )
  expect(promtool('check', 'config', 'prometheus.yml')).toContain('SUCCESS')
  expect(promtool('check', 'rules', 'rules.yml')).toContain(`${alerts().length} rules found`)
})

it('each rule is proven here, and each alert has a name of its own', () => {
  expect(alerts().sort()).toEqual(Object.keys(proofs).sort())
})

it('each fires when it should, and is silent when it should be', () => {
  const test = (alert: string, { at }: Proof, series: Readonly<Record<string, string>>, fires: boolean) => ({
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
        eval_time: `${at}m`,
        exp_samples: [{ labels: '{}', value: fires ? 1 : 0 }],
      },
    ],
  })
  const tests = Object.entries(proofs).flatMap(([alert, proof]) => [
    test(alert, proof, proof.fires, true),
    test(alert, proof, proof.well, false),
  ])
  writeFileSync(path.join(folder, 'tests.yml'), stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests }))
  expect(promtool('test', 'rules', 'tests.yml')).toContain('SUCCESS')
})
