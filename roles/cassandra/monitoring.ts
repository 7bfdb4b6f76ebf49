import type { AlertRule, Panel } from '../offers.ts'
import { byHost } from '../shares.ts'
import type { Weights } from './tokens/index.ts'

export const rules: readonly AlertRule[] = [
  {
    alert: 'CassandraNodeDown',
    expr: 'cassandra_nodes_downendpointcount > 0',
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.host }} sees {{ $value }} nodes of the ring down.',
  },
]

/** What of a ring is worth a look, whose nodes have these weights. */
export const panelsOf = (weights: Weights): readonly Panel[] => [
  {
    // The exporter tells no ownership by tokens; what nodes hold follows it as soon as there are readings.
    title: 'Share of what all nodes hold, and the share by weight',
    unit: 'percentunit',
    curves: [
      { expr: 'cassandra_storage_load / scalar(sum(cassandra_storage_load))', legend: '{{host}}' },
      { expr: byHost(weights), legend: '{{host}} by weight' },
    ],
  },
  { title: 'Bytes held', unit: 'bytes', curves: [{ expr: 'cassandra_storage_load', legend: '{{host}}' }] },
  { title: 'Nodes up, as each sees them', curves: [{ expr: 'cassandra_nodes_upendpointcount', legend: '{{host}}' }] },
  { title: 'Compactions that wait', curves: [{ expr: 'cassandra_compaction_pendingtasks', legend: '{{host}}' }] },
]
