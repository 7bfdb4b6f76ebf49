import type { AlertRule, Panel } from '../offers.ts'
import { byHost } from '../shares.ts'

/** Share of all partitions that each broker leads. */
const led = 'kafka_server_leadercount / scalar(sum(kafka_server_leadercount))'

/** What should not be of a cluster whose brokers have these weights. */
export const rulesOf = (weights: Readonly<Record<string, number>>): readonly AlertRule[] => [
  {
    alert: 'KafkaPartitionsLackCopies',
    expr: 'kafka_server_underreplicatedpartitions > 0',
    for: '5m',
    severity: 'warning',
    summary: '{{ $value }} partitions that {{ $labels.host }} leads lack a copy.',
  },
  {
    alert: 'KafkaPartitionsTakeNothing',
    expr: 'kafka_server_underminisrpartitioncount > 0',
    for: '1m',
    severity: 'critical',
    summary: '{{ $value }} partitions that {{ $labels.host }} leads have too few copies, and take no readings.',
  },
  {
    // Each broker has a partition of its own, by which its health is looked at: that of one that is away has no leader, and is no loss.
    alert: 'KafkaPartitionsOffline',
    expr: 'max by (job) (kafka_controller_offlinepartitionscount) > scalar(count(up{job="kafka"}) - sum(up{job="kafka"}))',
    for: '1m',
    severity: 'critical',
    summary: '{{ $value }} partitions of the cluster have no leader.',
  },
  {
    alert: 'KafkaLeadersUneven',
    expr: `abs(${led} - on (host) (${byHost(weights)})) > 0.15`,
    for: '15m',
    severity: 'warning',
    summary: '{{ $labels.host }} leads {{ $value | humanizePercentage }} of all partitions off what its weight asks for: rebalance kafka.',
  },
]

/** What of a cluster is worth a look, whose brokers have these weights. */
export const panelsOf = (weights: Readonly<Record<string, number>>): readonly Panel[] => [
  { title: 'Records taken a second', unit: 'ops', curves: [{ expr: 'rate(kafka_messagesin_total[5m])', legend: '{{host}}' }] },
  {
    title: 'Share of partitions led, and the share by weight',
    unit: 'percentunit',
    curves: [
      { expr: led, legend: '{{host}}' },
      { expr: byHost(weights), legend: '{{host}} by weight' },
    ],
  },
  { title: 'Partitions that lack a copy', curves: [{ expr: 'kafka_server_underreplicatedpartitions', legend: '{{host}}' }] },
  { title: 'Bytes held', unit: 'bytes', curves: [{ expr: 'sum by (host) (kafka_log_size_bytes)', legend: '{{host}}' }] },
]

/** What the guard of a broker's card tells. */
export const guardRules: readonly AlertRule[] = [
  {
    alert: 'KafkaCardShort',
    expr: 'kafka_guard_state > 0',
    for: '1m',
    severity: 'critical',
    summary: 'The card of {{ $labels.host }} is almost full: the cluster takes few readings, or none. Collectors queue them.',
  },
]

export const guardPanels: readonly Panel[] = [
  {
    title: 'Free for readings',
    unit: 'bytes',
    curves: [
      { expr: 'kafka_guard_free_bytes', legend: '{{host}}' },
      { expr: 'kafka_guard_floor_bytes', legend: '{{host}}, floor' },
    ],
  },
]
