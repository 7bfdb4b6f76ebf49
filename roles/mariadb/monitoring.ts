import type { AlertRule, Panel } from '../offers.ts'

export const rules: readonly AlertRule[] = [
  {
    alert: 'MariadbDown',
    expr: 'mysql_up == 0',
    for: '2m',
    severity: 'critical',
    summary: 'MariaDB on {{ $labels.host }} lets nobody in.',
  },
  {
    alert: 'MariadbConnectionsShort',
    expr: 'mysql_global_status_threads_connected > 0.9 * mysql_global_variables_max_connections',
    for: '5m',
    severity: 'warning',
    summary: 'MariaDB on {{ $labels.host }} has almost as many connections as it takes.',
  },
]

export const panels: readonly Panel[] = [
  {
    title: 'Rows written a second',
    unit: 'ops',
    // Since 11 there is no count of what InnoDB inserted.
    curves: [{ expr: 'rate(mysql_global_status_handlers_total{handler="write"}[5m])', legend: '{{host}}' }],
  },
  { title: 'Statements a second', unit: 'ops', curves: [{ expr: 'rate(mysql_global_status_questions[5m])', legend: '{{host}}' }] },
  { title: 'Connections', curves: [{ expr: 'mysql_global_status_threads_connected', legend: '{{host}}' }] },
]
