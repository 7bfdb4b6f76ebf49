import type { AlertRule, Panel } from '../offers.ts'
import { byHost } from '../shares.ts'
import type { Weights } from './tokens/index.ts'

/** What should not be of a ring whose nodes have these weights. Its shares and streams come by way of the node exporter of its Pis. */
export const rulesOf = (weights: Weights): readonly AlertRule[] => [
  {
    alert: 'CassandraNodeDown',
    expr: 'cassandra_nodes_downendpointcount > 0',
    for: '5m',
    severity: 'critical',
    summary: '{{ $labels.host }} sees {{ $value }} nodes of the ring down.',
  },
  {
    alert: 'CassandraSharesUneven',
    expr: `abs(cassandra_owned_ratio{job="node"} - on (host) (${byHost(weights)})) > 0.05`,
    for: '1h',
    severity: 'warning',
    summary: '{{ $labels.host }} owns {{ $value | humanizePercentage }} of all rows off what its weight asks for: rebalance cassandra.',
  },
  {
    alert: 'CassandraStreamStuck',
    expr: 'cassandra_stream_still_seconds{job="node"} > 900',
    severity: 'warning',
    summary: 'A stream of {{ $labels.host }} has not moved for {{ $value | humanizeDuration }}: `nodetool netstats` there.',
  },
]

/** What of a ring is worth a look, whose nodes have these weights. */
export const panelsOf = (weights: Weights): readonly Panel[] => [
  {
    title: 'Share of all rows, of what all nodes hold, and the share by weight',
    unit: 'percentunit',
    curves: [
      { expr: 'cassandra_owned_ratio{job="node"}', legend: '{{host}} owns' },
      { expr: 'cassandra_storage_load / scalar(sum(cassandra_storage_load))', legend: '{{host}} holds' },
      { expr: byHost(weights), legend: '{{host}} by weight' },
    ],
  },
  { title: 'Bytes held', unit: 'bytes', curves: [{ expr: 'cassandra_storage_load', legend: '{{host}}' }] },
  { title: 'Nodes up, as each sees them', curves: [{ expr: 'cassandra_nodes_upendpointcount', legend: '{{host}}' }] },
  { title: 'Compactions that wait', curves: [{ expr: 'cassandra_compaction_pendingtasks', legend: '{{host}}' }] },
]
