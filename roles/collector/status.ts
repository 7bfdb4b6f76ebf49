import type { RoleAnswer } from '../../engine/status.ts'
import { healthOf, sumOf } from '../../collector/health-answer.ts'

/** Reads the agent's /healthz and /metrics, a group separator between them. */
export function readCollector(output: string): RoleAnswer {
  const [health = '', metrics = ''] = output.split('\u001d')
  if (!/^HTTP/.test(health.trim())) return { wrong: ['it runs and does not answer'] }
  const { sure, ill, away, untried } = healthOf(health.trim())
  const wrong = [...ill, ...untried]
  return {
    wrong: sure || wrong.length > 0 ? wrong : ['it does not say that it is well'],
    warns: away,
    says: [`${sumOf(metrics, 'collector_readings_total')} readings since it started`, `${sumOf(metrics, 'collector_queue_readings')} wait`],
  }
}
