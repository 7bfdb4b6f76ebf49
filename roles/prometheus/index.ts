import * as z from 'zod'
import { withPort } from '../../engine/inventory/address.ts'
import { asksPage, listenOf, listenVar } from '../../engine/listen.ts'
import { offer } from '../../engine/offer.ts'
import { command, file } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { goes, rests, runs, type Exporter } from '../exporter.ts'
import { alertTakers, figureServers, metrics, pages } from '../offers.ts'
import { loginsOf, passwordPath, prometheusConfig, prometheusRules, rulesPath } from './config.ts'
import type { Relabelling } from './diet.ts'
import { panels, rules } from './monitoring.ts'
import { readPrometheus } from './status.ts'

const MiB = 1024 * 1024
const unit = 'prometheus'
const data = '/var/lib/prometheus'
// A file of our own: what Debian's package brings as prometheus.yml stays as it is.
const configPath = '/etc/prometheus/fleet.yml'

interface Sizes {
  readonly port: number
  readonly retention: number
  readonly memory: number
  readonly interval: number
}

const server = ({ port, retention, memory, interval }: Sizes): Exporter => ({
  unit,
  port,
  options: `--config.file=${configPath} --storage.tsdb.path=${data}/metrics2/ --storage.tsdb.retention.size=${retention}MB --storage.tsdb.retention.time=10y --rules.alert.resend-delay=${Math.max(interval, 10)}s`,
  // Go gives memory back rather than pass this; the kernel holds it to the rest.
  settings: `ReadWritePaths=${data}
Environment=GOMEMLIMIT=${Math.floor(memory * 0.8)}MiB
MemoryMax=${memory}M
`,
})

export default role('prometheus', {
  vars: z.strictObject({
    listen: listenVar,
    port: z.number().int().min(1).max(65535).default(9090).describe('its page, and its API'),
    interval: z.number().int().min(5).max(3600).default(30).describe('seconds between two looks at each target'),
    retention: z.number().int().min(64).max(1_000_000).default(1024).describe('MB of figures that are kept; older ones go'),
    memory: z.number().int().min(96).max(65536).default(192).describe('MiB it may hold, at most'),
  }),

  // Its files are mapped into memory, which is not there on a 32-bit system: it ends once it holds some gigabytes.
  refuse: ({ facts }) =>
    facts.architecture === 'arm64' || facts.architecture === 'amd64'
      ? undefined
      : {
          reason: `Prometheus maps its files into memory, and a 32-bit system (${facts.architecture}) runs out of addresses`,
          hint: 'put a 64-bit Raspberry Pi OS on its card, or give the role to another host',
        },

  memory: ({ vars }) => ({ server: vars.memory * MiB }),
  disk: ({ vars }) => ({ programs: { now: 190 * MiB }, figures: { at: data, now: vars.retention * 1_000_000 } }),

  *offers({ host, vars }) {
    yield offer(metrics, { port: vars.port, job: 'prometheus', title: 'Prometheus', rules, panels })
    yield offer(figureServers, { listen: listenOf(host, vars.listen), port: vars.port })
    yield offer(pages, { url: `http://${withPort(host.address, vars.port)}/`, title: 'Prometheus' })
  },

  // A parser of PromQL is nothing for a run that is about other hosts.
  prepare: async ({ offered }): Promise<ReadonlyMap<string, readonly Relabelling[]>> =>
    (await import('./diet.ts')).keepsOf(offered(metrics)),

  *desired({ host, vars, offered, secret, prepared }) {
    const all = offered(metrics)
    const takers = offered(alertTakers)
    // They are the server's own, whose user comes with its package.
    const logins = loginsOf(all, takers).map(login =>
      file(passwordPath(login), secret(login.secret), { secret: true, owner: 'prometheus' }),
    )
    // In the order in which a check finds what it names. Read while it runs: a start goes through its whole log first, and looks at
    // nothing meanwhile.
    const config = [
      ...logins,
      file(rulesPath, prometheusRules(all), { check: 'promtool check rules "$new" >/dev/null' }),
      file(configPath, prometheusConfig(all, { ...vars, takers, keeps: prepared }), { check: 'promtool check config "$new" >/dev/null' }),
    ]
    yield* runs({ ...server(vars), config }, listenOf(host, vars.listen))
  },

  *stopped() {
    yield* rests({ unit })
  },

  *purged() {
    yield* goes({ unit })
    yield command('no configuration of Prometheus', {
      unless: `! ls ${configPath} ${rulesPath} /etc/prometheus/*.password 2>/dev/null | grep -q .`,
      run: `rm -f ${configPath} ${rulesPath} /etc/prometheus/*.password`,
    })
  },

  data: { path: data },

  status({ host, vars }) {
    const page = (path: string) => asksPage(listenOf(host, vars.listen), vars.port, path, 20)
    return {
      units: [unit],
      ask: `${page('/api/v1/targets?state=active')}; printf '\\035'; ${page('/api/v1/alerts')}`,
      read: readPrometheus,
    }
  },
})
