import { healthOf, sumOf } from '../health-answer.ts'
import type { RoleAnswer } from '../../engine/status.ts'

/** Reads the sink's /healthz and /metrics, a group separator between them. */
export function readSink(output: string): RoleAnswer {
  const [health = '', metrics = ''] = output.split('\u001d')
  if (!/^HTTP/.test(health.trim())) return { wrong: ['it runs and does not answer'] }
  const { sure, ill, away, untried } = healthOf(health.trim())
  const wrong = [...ill, ...untried]
  const stored = `${sumOf(metrics, 'sink_written_total')} readings stored since it started`
  // Brokers of MQTT tell nobody what waits.
  if (!/^sink_lag /m.test(metrics)) return { ...answer(sure, wrong), warns: away, says: [stored] }
  const lag = sumOf(metrics, 'sink_lag')
  return {
    ...answer(sure, wrong),
    warns: [...away, ...(Number.isNaN(lag) ? ['nobody knows how many readings wait: the brokers do not tell'] : [])],
    says: [`${stored}, with ${sumOf(metrics, 'sink_partitions')} partitions`, ...(Number.isNaN(lag) ? [] : [`${lag} wait in the topic`])],
  }
}

const answer = (sure: boolean, wrong: readonly string[]) => ({
  wrong: sure || wrong.length > 0 ? wrong : ['it does not say that it is well'],
})
