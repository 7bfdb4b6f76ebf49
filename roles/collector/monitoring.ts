import type { AlertRule, Panel } from '../offers.ts'

/** What a producer should not be. */
export const rules: readonly AlertRule[] = [
  {
    alert: 'ProducerSilent',
    expr: 'increase(collector_readings_total[15m]) == 0',
    severity: 'critical',
    summary: '{{ $labels.host }} has taken no reading for a quarter of an hour.',
  },
  {
    alert: 'QueueGrows',
    expr: 'collector_queue_oldest_seconds > 600',
    for: '5m',
    severity: 'warning',
    summary: 'Readings of {{ $labels.host }} for {{ $labels.backend }} have waited {{ $value | humanizeDuration }}.',
  },
  {
    alert: 'StoredLessThanTaken',
    expr: 'increase(collector_stored_total[30m]) < on (host) group_left () (0.9 * increase(collector_readings_total[30m]))',
    for: '15m',
    severity: 'warning',
    summary: '{{ $labels.backend }} stores fewer readings of {{ $labels.host }} than it takes.',
  },
  {
    alert: 'ReadingsLost',
    expr: 'increase(collector_dropped_total[15m]) > 0 or increase(collector_queue_damaged_total[15m]) > 0',
    severity: 'critical',
    summary: '{{ $labels.host }} has lost readings before they were stored.',
  },
  {
    alert: 'DeadLetters',
    expr: 'increase(collector_dead_letters_total[15m]) > 0',
    severity: 'warning',
    summary: '{{ $labels.backend }} can never store some readings of {{ $labels.host }}: see its dead letters.',
  },
  {
    alert: 'QueueDiskAway',
    expr: 'collector_queue_disk_up == 0',
    for: '5m',
    severity: 'critical',
    summary: 'The card of {{ $labels.host }} takes no readings: those that wait are in memory only.',
  },
  {
    // Certificates of AWS end in 2049: their end tells nothing. Those of the fleet's CA end, and `provision` renews them.
    alert: 'DeviceCertificateOld',
    expr: `time() - collector_certificate_issued_timestamp_seconds{backend="awsiot"} > ${365 * 24 * 3600}`,
    for: '1h',
    severity: 'warning',
    summary:
      'The certificate of {{ $labels.host }} for {{ $labels.backend }} is {{ $value | humanizeDuration }} old: rotate {{ $labels.host }}.',
  },
]

export const panels: readonly Panel[] = [
  {
    title: 'Temperature at each location',
    board: 'Temperature',
    unit: 'celsius',
    curves: [{ expr: 'collector_temperature_celsius', legend: '{{location}}' }],
  },
  {
    title: 'Readings a second',
    unit: 'ops',
    curves: [
      { expr: 'rate(collector_readings_total[5m])', legend: '{{host}} took' },
      { expr: 'rate(collector_stored_total[5m])', legend: '{{host}} stored in {{backend}}' },
    ],
  },
  { title: 'Readings that wait', curves: [{ expr: 'collector_queue_readings', legend: '{{host}} for {{backend}}' }] },
  {
    title: 'Until a store acknowledges a batch, 99 of 100',
    unit: 's',
    curves: [
      {
        expr: 'histogram_quantile(0.99, sum by (host, backend, le) (rate(collector_store_seconds_bucket[5m])))',
        legend: '{{host}} in {{backend}}',
      },
    ],
  },
]
