import * as z from 'zod'
import type { RoleAnswer } from '../../engine/status.ts'

const alerts = z.array(
  z.object({
    labels: z.record(z.string(), z.string()),
    annotations: z.object({ summary: z.string().optional() }),
    status: z.object({ state: z.string(), silencedBy: z.array(z.string()) }),
  }),
)

/** Reads Alertmanager's list of alerts. `told`: there is somebody who is told of them. */
export function readAlertmanager(output: string, told: boolean): RoleAnswer {
  const all = parsed(output)
  if (!all) return { wrong: ['it runs and does not answer'] }
  const open = all.filter(({ labels }) => labels['severity'] !== 'none')
  const silenced = open.filter(({ status }) => status.silencedBy.length > 0)
  const raised = open.filter(({ labels }) => labels['alertname'] === 'PrometheusSilent')
  return {
    says: [
      `${open.length} open alert${open.length === 1 ? '' : 's'}${silenced.length > 0 ? `, ${silenced.length} of them silenced` : ''}`,
      ...raised.map(({ annotations }) => `alert: ${annotations.summary ?? 'without a summary'}`),
    ],
    warns: told ? [] : ['nobody is told of alerts: it has no mail and no webhook'],
  }
}

function parsed(text: string) {
  try {
    return alerts.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
