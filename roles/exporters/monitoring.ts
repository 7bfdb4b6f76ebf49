import type { AlertRule, Panel } from '../offers.ts'

const root = 'mountpoint="/"'
const week = 7 * 24 * 3600

/** What a Pi itself should not be. */
export const rules: readonly AlertRule[] = [
  {
    alert: 'CardFullSoon',
    expr: `predict_linear(node_filesystem_avail_bytes{${root}}[6h], ${week}) < 0 and node_filesystem_avail_bytes{${root}} < 0.5 * node_filesystem_size_bytes{${root}}`,
    for: '1h',
    severity: 'warning',
    summary: 'The card of {{ $labels.host }} is full within a week at the rate of the last six hours.',
  },
  {
    alert: 'CardAlmostFull',
    expr: `node_filesystem_avail_bytes{${root}} < 0.05 * node_filesystem_size_bytes{${root}}`,
    for: '5m',
    severity: 'critical',
    summary: 'The card of {{ $labels.host }} has less than a twentieth free.',
  },
  {
    alert: 'RootReadOnly',
    expr: `node_filesystem_readonly{${root}} == 1`,
    for: '1m',
    severity: 'critical',
    summary: 'The root of {{ $labels.host }} is read-only: its card may be dying.',
  },
  {
    alert: 'ClockOff',
    expr: 'node_timex_sync_status == 0 or abs(node_timex_offset_seconds) > 0.5',
    for: '15m',
    severity: 'warning',
    summary: 'The clock of {{ $labels.host }} is not set by any server: its readings carry wrong dates.',
  },
  {
    alert: 'OutOfMemory',
    expr: 'increase(node_vmstat_oom_kill[10m]) > 0',
    severity: 'critical',
    summary: 'The kernel of {{ $labels.host }} ended a program for want of memory.',
  },
  {
    alert: 'Rebooted',
    expr: 'changes(node_boot_time_seconds[10m]) > 0',
    severity: 'warning',
    summary: '{{ $labels.host }} was started anew.',
  },
  {
    alert: 'Hot',
    expr: 'max by (host) (node_hwmon_temp_celsius or node_thermal_zone_temp) > 80',
    for: '5m',
    severity: 'warning',
    summary: '{{ $labels.host }} has {{ $value }} °C, and slows itself down.',
  },
  {
    alert: 'UnderVoltage',
    expr: 'max by (host) (node_hwmon_in_lcrit_alarm or pi_throttled{cause="under-voltage"}) == 1',
    severity: 'critical',
    summary: 'The power supply of {{ $labels.host }} is too weak: writes to its card may go wrong.',
  },
  {
    alert: 'Throttled',
    expr: 'max by (host, cause) (pi_throttled{cause!="under-voltage"}) == 1',
    for: '2m',
    severity: 'warning',
    summary: 'The firmware of {{ $labels.host }} slows it down: {{ $labels.cause }}.',
  },
  {
    alert: 'CertificateOld',
    expr: 'pi_certificate_end_seconds - time() < 30 * 86400',
    severity: 'warning',
    summary:
      'The certificate {{ $labels.path }} of {{ $labels.host }} ends in {{ $value | humanizeDuration }}: `provision` makes a new one.',
  },
  {
    // Said by `backup run`; a role of which there never was one has no such figure.
    alert: 'BackupOld',
    expr: 'time() - fleet_backup_seconds > 8 * 86400',
    severity: 'warning',
    summary: 'The last backup of {{ $labels.role }} on {{ $labels.host }} is {{ $value | humanizeDuration }} old: `backup run`.',
  },
]

export const panels: readonly Panel[] = [
  {
    title: 'Temperature of the Pis',
    unit: 'celsius',
    curves: [{ expr: 'max by (host) (node_hwmon_temp_celsius or node_thermal_zone_temp)', legend: '{{host}}' }],
  },
  {
    title: 'CPU at work',
    unit: 'percentunit',
    curves: [{ expr: '1 - avg by (host) (rate(node_cpu_seconds_total{mode="idle"}[5m]))', legend: '{{host}}' }],
  },
  {
    title: 'Memory in use',
    unit: 'percentunit',
    curves: [{ expr: '1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes', legend: '{{host}}' }],
  },
  {
    title: 'Card in use',
    unit: 'percentunit',
    curves: [{ expr: `1 - node_filesystem_avail_bytes{${root}} / node_filesystem_size_bytes{${root}}`, legend: '{{host}}' }],
  },
  {
    title: 'Written to the card',
    unit: 'Bps',
    curves: [{ expr: 'sum by (host) (rate(node_disk_written_bytes_total[5m]))', legend: '{{host}}' }],
  },
  {
    title: 'Written to the card in a day, at the rate of an hour',
    unit: 'bytes',
    curves: [{ expr: '86400 * sum by (host) (rate(node_disk_written_bytes_total[1h]))', legend: '{{host}}' }],
  },
  {
    title: 'Written in a day by each service that writes a megabyte or more',
    unit: 'bytes',
    curves: [{ expr: '86400 * sum by (host, unit) (rate(pi_written_bytes_total[1h])) > 1e6', legend: '{{host}} {{unit}}' }],
  },
]
