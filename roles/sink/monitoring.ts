import type { AlertRule, Panel } from '../offers.ts'

export const rules: readonly AlertRule[] = [
  {
    alert: 'SinkLags',
    expr: 'sink_lag > 1000 and deriv(sink_lag[15m]) >= 0',
    for: '15m',
    severity: 'warning',
    summary: '{{ $value }} readings wait in the topic for the sink on {{ $labels.host }}, and it does not catch up.',
  },
  {
    alert: 'SinkLetsReadingsLie',
    expr: 'increase(sink_dead_letters_total[15m]) > 0',
    severity: 'warning',
    summary: 'The sink on {{ $labels.host }} put records aside that are no readings: see `sudo dead-letters` there.',
  },
  {
    alert: 'ReadingsGoneFromTopic',
    expr: 'increase(sink_gone_total[15m]) > 0',
    severity: 'critical',
    summary: 'The sink on {{ $labels.host }} found readings gone from the topic before they were stored: retention is too short.',
  },
]

export const panels: readonly Panel[] = [
  { title: 'Readings that wait in the topic', curves: [{ expr: 'sink_lag', legend: '{{host}}' }] },
  {
    title: 'Until the store acknowledges a batch, 99 of 100',
    unit: 's',
    curves: [{ expr: 'histogram_quantile(0.99, sum by (host, le) (rate(sink_store_seconds_bucket[5m])))', legend: '{{host}}' }],
  },
]
