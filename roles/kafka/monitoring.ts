import type { AlertRule, Panel } from '../offers.ts'

export const rules: readonly AlertRule[] = [
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
    alert: 'KafkaPartitionsOffline',
    expr: 'max by (job) (kafka_controller_offlinepartitionscount) > 0',
    for: '1m',
    severity: 'critical',
    summary: '{{ $value }} partitions of the cluster have no leader.',
  },
]

export const panels: readonly Panel[] = [
  { title: 'Records taken a second', unit: 'ops', curves: [{ expr: 'rate(kafka_messagesin_total[5m])', legend: '{{host}}' }] },
  { title: 'Partitions led', curves: [{ expr: 'kafka_server_leadercount', legend: '{{host}}' }] },
  { title: 'Bytes held', unit: 'bytes', curves: [{ expr: 'sum by (host) (kafka_log_size_bytes)', legend: '{{host}}' }] },
]
