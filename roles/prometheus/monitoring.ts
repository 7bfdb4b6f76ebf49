import type { AlertRule, Panel } from '../offers.ts'

/** What Prometheus itself should not be. */
export const rules: readonly AlertRule[] = [
  {
    alert: 'PrometheusRulesFail',
    // One that meets the series of before and after a change fails for some looks, and is well again.
    expr: 'increase(prometheus_rule_evaluation_failures_total[5m]) > 0',
    for: '10m',
    severity: 'warning',
    summary: 'Prometheus on {{ $labels.host }} cannot make out a rule: see its journal.',
  },
  {
    alert: 'AlertsNotDelivered',
    // When it starts it has alerts before it knows who takes them.
    expr: 'increase(prometheus_notifications_dropped_total[15m]) > 0 unless on (host) changes(process_start_time_seconds{job="prometheus"}[15m]) > 0',
    severity: 'warning',
    summary: 'Prometheus on {{ $labels.host }} had alerts that nobody took.',
  },
]

export const panels: readonly Panel[] = [
  { title: 'Series in memory', curves: [{ expr: 'prometheus_tsdb_head_series', legend: '{{host}}' }] },
  {
    title: 'Memory of Prometheus',
    unit: 'bytes',
    curves: [{ expr: 'process_resident_memory_bytes{job="prometheus"}', legend: '{{host}}' }],
  },
]
