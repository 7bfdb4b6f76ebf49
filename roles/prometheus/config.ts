import { stringify } from 'yaml'
import { withPort } from '../../engine/inventory/address.ts'
import type { Offered } from '../../engine/offer.ts'
import type { AlertRule, Metrics } from '../offers.ts'

/** Where Prometheus reads the rules. */
export const rulesPath = '/etc/prometheus/fleet-rules.yml'

/** What is asked how often, and for what alerts: all that the roles of the fleet offer. `interval` in seconds. */
export function prometheusConfig(offers: readonly Offered<Metrics>[], { interval }: { readonly interval: number }): string {
  const every = `${interval}s`
  return stringify({
    // A Pi on Wi-Fi that is busy takes its time.
    global: { scrape_interval: every, scrape_timeout: `${Math.min(interval, 15)}s`, evaluation_interval: every },
    rule_files: [rulesPath],
    scrape_configs: [...jobsOf(offers)].map(([name, members]) => ({
      job_name: name,
      metrics_path: members[0]?.value.path ?? '/metrics',
      static_configs: members.map(({ host, value }) => ({ targets: [withPort(host.address, value.port)], labels: { host: host.name } })),
    })),
  })
}

/** The rules of all roles, a group each, and those that go for every one of them. */
export function prometheusRules(offers: readonly Offered<Metrics>[]): string {
  const groups = [...jobsOf(offers)].map(([job, [first]]) => ({
    name: job,
    rules: [away(job, first?.value.title ?? job), ...(first?.value.rules ?? [])],
  }))
  return stringify({ groups: groups.map(({ name, rules }) => ({ name, rules: rules.map(ruleText) })) }, { lineWidth: 0 })
}

/** Nobody answers where figures are to be had. */
const away = (job: string, title: string): AlertRule => ({
  alert: `${job.replace(/(?:^|[^a-z])([a-z])/g, (_, letter: string) => letter.toUpperCase())}Away`,
  expr: `up{job="${job}"} == 0`,
  for: '5m',
  severity: 'critical',
  summary: `${title} on {{ $labels.host }} does not answer.`,
})

const ruleText = ({ alert, expr, for: during, severity, summary }: AlertRule) => ({
  alert,
  expr,
  ...(during !== undefined && { for: during }),
  labels: { severity },
  annotations: { summary },
})

/** Offers by job, in the fleet's order. */
function jobsOf(offers: readonly Offered<Metrics>[]): ReadonlyMap<string, readonly Offered<Metrics>[]> {
  const jobs = new Map<string, Offered<Metrics>[]>()
  for (const each of offers) jobs.set(each.value.job, [...(jobs.get(each.value.job) ?? []), each])
  return jobs
}
