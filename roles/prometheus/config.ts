import { stringify } from 'yaml'
import { withPort } from '../../engine/inventory/address.ts'
import type { Offered } from '../../engine/offer.ts'
import type { AlertRule, AlertTaker, Login, Metrics } from '../offers.ts'
import type { Relabelling } from './diet.ts'

/** Where Prometheus reads the rules. */
export const rulesPath = '/etc/prometheus/fleet-rules.yml'

/** Where it reads a password that others want of it. */
export const passwordPath = ({ secret }: Login) => `/etc/prometheus/${secret.replaceAll('/', '-')}.password`

/** Whom it can only ask, or tell, with a password. */
export const loginsOf = (offers: readonly Offered<Metrics>[], takers: readonly Offered<AlertTaker>[]): readonly Login[] => {
  const all = [...offers.flatMap(({ value }) => value.login ?? []), ...takers.map(({ value }) => value)]
  return [...new Map(all.map(login => [login.secret, login])).values()]
}

export interface PrometheusOptions {
  readonly interval: number
  readonly takers?: readonly Offered<AlertTaker>[]
  readonly keeps: ReadonlyMap<string, readonly Relabelling[]>
}

/**
 * What is asked how often, and for what alerts: all that the roles of the fleet offer. `interval` in seconds; `takers` are told of alerts;
 * `keeps` says what is kept of the figures of each job.
 */
export function prometheusConfig(offers: readonly Offered<Metrics>[], { interval, takers = [], keeps }: PrometheusOptions): string {
  const every = `${interval}s`
  return stringify(
    {
      // A Pi on Wi-Fi that is busy takes its time.
      global: { scrape_interval: every, scrape_timeout: `${Math.min(interval, 15)}s`, evaluation_interval: every },
      rule_files: [rulesPath],
      ...(takers.length > 0 && {
        alerting: {
          alertmanagers: takers.map(({ host, value }) => ({
            ...signsIn(value),
            static_configs: [{ targets: [withPort(host.address, value.port)] }],
          })),
        },
      }),
      scrape_configs: [...jobsOf(offers)].map(([name, members]) => ({
        job_name: name,
        metrics_path: members[0]?.value.path ?? '/metrics',
        ...signsIn(members[0]?.value.login),
        // A target that moves to another address or port is the same one, and goes on with its series: else there would be two for five
        // minutes, one of which is away.
        static_configs: members.map(({ host, value }) => ({
          targets: [withPort(host.address, value.port)],
          labels: { host: host.name, instance: host.name },
        })),
        metric_relabel_configs: keeps.get(name) ?? [],
      })),
    },
    { lineWidth: 0 },
  )
}

/** The rules of all roles, a group each, and those that go for every one of them. */
export function prometheusRules(offers: readonly Offered<Metrics>[]): string {
  const groups = [...jobsOf(offers)].map(([job, [first]]) => ({
    name: job,
    rules: [away(job, first?.value.title ?? job), ...(first?.value.rules ?? [])],
  }))
  return stringify({ groups: groups.map(({ name, rules }) => ({ name, rules: rules.map(ruleText) })) }, { lineWidth: 0 })
}

const signsIn = (login: Login | undefined) => login && { basic_auth: { username: login.user, password_file: passwordPath(login) } }

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
