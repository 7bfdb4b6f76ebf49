import type { AlertRule, Panel } from '../offers.ts'

export const rules: readonly AlertRule[] = [
  {
    alert: 'Watchdog',
    expr: 'vector(1)',
    severity: 'none',
    summary: 'Alerts can come. This one always does: who hears it no more knows that they cannot.',
  },
  {
    alert: 'AlertsNotReceived',
    expr: 'increase(alertmanager_notifications_failed_total[15m]) > 0',
    severity: 'warning',
    summary: 'Alertmanager on {{ $labels.host }} cannot tell people by {{ $labels.integration }}: see its journal.',
  },
]

export const panels: readonly Panel[] = [
  { title: 'Alerts', curves: [{ expr: 'alertmanager_alerts', legend: '{{host}}, {{state}}' }] },
  {
    title: 'Messages',
    unit: 'ops',
    curves: [{ expr: 'rate(alertmanager_notifications_total[15m])', legend: '{{host}} by {{integration}}' }],
  },
]
