import type { AlertRule, Panel } from '../../../roles/offers.ts'

export const rules: readonly AlertRule[] = [
  {
    alert: 'HeatingOff',
    expr: 'thermostat_degrees == 0',
    for: '10m',
    severity: 'warning',
    summary: 'The heating on {{ $labels.host }} is off.',
  },
]

export const panels: readonly Panel[] = [
  { title: 'Degrees it keeps', unit: 'celsius', curves: [{ expr: 'thermostat_degrees', legend: '{{host}}' }] },
]
