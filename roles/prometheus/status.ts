import * as z from 'zod'
import type { RoleAnswer } from '../../engine/status.ts'

const targets = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({ health: z.string(), lastError: z.string(), labels: z.object({ job: z.string(), host: z.string() }) }),
    ),
  }),
})
const alert = z.object({
  state: z.string(),
  labels: z.object({ severity: z.string().optional() }).optional(),
  annotations: z.object({ summary: z.string().optional() }),
})
const alerts = z.object({ data: z.object({ alerts: z.array(alert) }) })

/** Reads two answers of Prometheus, of its targets and its alerts. A target that is away is that host's matter: it is told, and nothing here is wrong. */
export function readPrometheus(output: string): RoleAnswer {
  const [first = '', second = ''] = output.split('\u001d').map(answer => answer.slice(answer.indexOf('\r\n\r\n') + 4))
  const asked = parsed(targets, first)?.data.activeTargets
  const told = parsed(alerts, second)?.data.alerts
  if (!asked || !told) return { wrong: ['it runs and does not answer'] }
  const down = asked.filter(({ health }) => health === 'down')
  const firing = told.filter(({ state, labels }) => state === 'firing' && labels?.severity !== 'none')
  return {
    says: [
      `${asked.filter(({ health }) => health === 'up').length} of ${asked.length} targets answer`,
      ...firing.map(({ annotations }) => `alert: ${annotations.summary ?? 'without a summary'}`),
    ],
    warns: down.map(({ labels, lastError }) => `${labels.job} on ${labels.host} does not answer it: ${lastError}`),
  }
}

function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
