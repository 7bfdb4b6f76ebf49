import type { AlertRule, Panel } from '../offers.ts'

export const rules: readonly AlertRule[] = [
  {
    alert: 'CassandraNodeDown',
    expr: 'cassandra_nodes_downendpointcount > 0',
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.host }} sees {{ $value }} nodes of the ring down.',
  },
]

export const panels: readonly Panel[] = [
  { title: 'Nodes up, as each sees them', curves: [{ expr: 'cassandra_nodes_upendpointcount', legend: '{{host}}' }] },
  { title: 'Bytes held', unit: 'bytes', curves: [{ expr: 'cassandra_storage_load', legend: '{{host}}' }] },
]
