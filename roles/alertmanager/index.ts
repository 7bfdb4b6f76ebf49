import { withPort } from '../../engine/inventory/address.ts'
import { listenOf } from '../../engine/listen.ts'
import { offer } from '../../engine/offer.ts'
import { file, pathGone, service } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { goes, rests, runs, type Exporter } from '../exporter.ts'
import { alertTakers, metrics, pages, silencers } from '../offers.ts'
import { apiPath, apiProgram, endsSilences, loginPath, loginText, silences } from './api.ts'
import { alertmanagerConfig, login, webConfig } from './config.ts'
import { panels, rules } from './monitoring.ts'
import { readAlertmanager } from './status.ts'
import { alertmanagerVars, type AlertmanagerVars } from './vars.ts'
import { watchPath, watchProgram, watchService, watchUnit } from './watch.ts'

const MiB = 1024 * 1024
const unit = 'prometheus-alertmanager'
const data = '/var/lib/prometheus/alertmanager'
// Files of our own: what Debian's package brings as alertmanager.yml stays as it is.
const configPath = '/etc/prometheus/fleet-alertmanager.yml'
const webPath = '/etc/prometheus/fleet-alertmanager-web.yml'
const watchUnitPath = `/etc/systemd/system/${watchUnit}.service`

const server = ({ port, memory }: AlertmanagerVars): Exporter => ({
  unit,
  port,
  // It has no peers.
  options: `--config.file=${configPath} --web.config.file=${webPath} --storage.path=${data}/ --cluster.listen-address=`,
  settings: `ReadWritePaths=/var/lib/prometheus
Environment=GOMEMLIMIT=${Math.floor(memory * 0.8)}MiB
MemoryMax=${memory}M
`,
})

export default role('alertmanager', {
  vars: alertmanagerVars,

  memory: ({ vars }) => ({ server: vars.memory * MiB, 'watch of Prometheus': 4 * MiB }),
  disk: () => ({ programs: { now: 45 * MiB }, 'alerts and silences': { at: data, now: 4 * MiB } }),

  *offers({ host, vars }) {
    yield offer(metrics, { port: vars.port, job: 'alertmanager', title: 'Alertmanager', login, rules, panels })
    yield offer(alertTakers, { ...login, port: vars.port })
    yield offer(silencers, { begins: silences, ends: endsSilences })
    yield offer(pages, { url: `http://${withPort(host.address, vars.port)}/`, title: 'Alertmanager' })
  },

  *desired({ host, vars, secret }) {
    const listen = listenOf(host, vars.listen)
    const password = secret(login.secret)
    const mine = { secret: true, owner: 'prometheus' } as const
    // Read while it runs: what Prometheus tells it while it starts would be lost.
    const config = [
      // amtool comes with the package. What it says of a wrong one is on its standard error.
      file(configPath, alertmanagerConfig(vars, secret), { ...mine, check: 'amtool check-config "$new" >/dev/null' }),
      file(webPath, webConfig(password), mine),
      file(loginPath, loginText(login.user, password), mine),
      file(apiPath, apiProgram(listen, vars.port), { mode: '0755' }),
    ]
    yield* runs({ ...server(vars), config }, listen)
    const program = yield file(watchPath, watchProgram(host.name, vars.patience), { mode: '0755' })
    const watch = yield file(watchUnitPath, watchService)
    yield service(watchUnit, { restartOn: [program, watch] })
  },

  *stopped() {
    yield service(watchUnit, { enabled: false, running: false })
    yield* rests({ unit })
  },

  *purged() {
    yield* goes({ unit })
    for (const path of [configPath, webPath, loginPath, apiPath, watchPath, watchUnitPath]) yield pathGone(path)
  },

  data: { path: data },

  status: ({ vars }) => ({
    units: [unit, watchUnit],
    ask: `${apiPath} GET /api/v2/alerts`,
    read: output => readAlertmanager(output, vars.email !== undefined || Object.keys(vars.webhooks).length > 0),
  }),
})
