import { healthOf, sumOf } from '../../collector/health-answer.ts'
import type { RoleAnswer } from '../../engine/status.ts'

/** Reads the sink's /healthz and /metrics, a group separator between them. */
export function readSink(output: string): RoleAnswer {
  const [health = '', metrics = ''] = output.split('\u001d')
  if (!/^HTTP/.test(health.trim())) return { wrong: ['it runs and does not answer'] }
  const { sure, ill, away, untried } = healthOf(health.trim())
  const wrong = [...ill, ...untried]
  const lag = sumOf(metrics, 'sink_lag')
  return {
    wrong: sure || wrong.length > 0 ? wrong : ['it does not say that it is well'],
    warns: [...away, ...(Number.isNaN(lag) ? ['nobody knows how many readings wait: the brokers do not tell'] : [])],
    says: [
      `${sumOf(metrics, 'sink_written_total')} readings stored since it started, with ${sumOf(metrics, 'sink_partitions')} partitions`,
      ...(Number.isNaN(lag) ? [] : [`${lag} wait in the topic`]),
    ],
  }
}
