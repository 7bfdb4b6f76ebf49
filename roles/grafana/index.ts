import { fromTarball } from '../../engine/artifacts/index.ts'
import { Failed } from '../../engine/errors.ts'
import { withPort } from '../../engine/inventory/address.ts'
import type { Architecture } from '../../engine/inventory/types.ts'
import { knowsAddress, listenOf } from '../../engine/listen.ts'
import { mib } from '../../engine/memory.ts'
import { offer } from '../../engine/offer.ts'
import {
  archive,
  archiveGone,
  command,
  directory,
  file,
  pathGone,
  service,
  user,
  type AnyResource,
  type Artifact,
} from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { words } from '../../engine/shell.ts'
import type { DashboardFile } from '../dashboards.ts'
import { figureServers, metrics, pages } from '../offers.ts'
import { adminMayLogIn, asksHealth, setsPassword } from './asking.ts'
import { boards, home, iniPath, keyPath, passwordPath, provisioning, settings, sourcesPath, state, unitPath } from './paths.ts'
import { sourcesOf } from './sources.ts'
import { readGrafana } from './status.ts'
import { grafanaVars, type GrafanaVars } from './vars.ts'

const MiB = 1024 * 1024

const tarballFor = ({ tarballs }: GrafanaVars, architecture: Architecture) =>
  (tarballs as Partial<Record<Architecture, NonNullable<GrafanaVars['tarballs']['arm64']>>>)[architecture]

interface Prepared {
  readonly server: Artifact
  readonly dashboards: readonly DashboardFile[]
  /** Its files: they are loaded where a host has the role. */
  readonly config: typeof import('./config.ts')
  readonly unit: typeof import('./unit.ts')
}

export default role('grafana', {
  vars: grafanaVars,

  refuse({ facts, vars }) {
    if (2 * vars.memory * MiB > facts.memory)
      return {
        reason: `Grafana takes up to ${vars.memory} MiB, more than half of its RAM (${mib(facts.memory)})`,
        hint: 'give the role to a host with more, or do without a server: `report` writes the same pictures into one HTML file',
      }
    if (!tarballFor(vars, facts.architecture))
      return {
        reason: `no release of Grafana for ${facts.architecture} is named`,
        hint: `write it into the inventory: vars: { grafana: { tarballs: { ${facts.architecture}: { source: …, sha512: … } } } }`,
      }
    return undefined
  },

  memory: ({ vars }) => ({ server: vars.memory * MiB }),
  // Its programs and pages, unpacked; its own database holds users and settings.
  disk: () => ({ 'programs and pages': { at: home, now: 700 * MiB }, database: { at: state, now: 32 * MiB } }),

  *offers({ host, vars }) {
    yield offer(metrics, { port: vars.port, job: 'grafana', title: 'Grafana' })
    yield offer(pages, { url: `http://${withPort(host.address, vars.port)}/`, title: 'Grafana' })
  },

  variant: ({ facts }) => facts.architecture,

  async prepare({ vars, fleet, offered, variant }): Promise<Prepared> {
    const tarball = tarballFor(vars, variant as Architecture)
    if (!tarball) throw new Failed({ message: `no release of Grafana for ${variant} is named` })
    const [server, { dashboardsOf }, config, unit] = await Promise.all([
      fromTarball(tarball.source, tarball.sha512),
      import('../dashboards.ts'),
      import('./config.ts'),
      import('./unit.ts'),
    ])
    return { server, dashboards: dashboardsOf(fleet.name, offered(metrics)), config, unit }
  },

  *desired({ host, fleet, vars, prepared, secret, offered }) {
    const sources = sourcesOf(host, offered(figureServers))
    if (sources.length === 0)
      throw new Failed({
        message: `Grafana on ${host.name} has nothing to read: no Prometheus of the fleet listens where it can be reached from there`,
        hint: 'give a host the role prometheus; one that listens on 127.0.0.1 is read on its own host only',
      })
    const { boardsYaml, grafanaIni, sourcesYaml } = prepared.config
    const listen = listenOf(host, vars.listen)
    const known = yield* knowsAddress(listen)
    yield user('grafana', { home: state })
    const server = yield archive(home, prepared.server)
    yield directory(settings, { mode: '0750', group: 'grafana' })
    const own = { group: 'grafana', mode: '0640' }
    const configs: AnyResource[] = [
      yield file(passwordPath, secret('grafana/admin'), { secret: true, ...own }),
      yield file(keyPath, secret('grafana/key'), { secret: true, ...own }),
      yield file(iniPath, grafanaIni(listen, vars), own),
      yield file(`${provisioning}/datasources/fleet.yaml`, sourcesYaml(sources), own),
      yield file(`${provisioning}/dashboards/fleet.yaml`, boardsYaml(fleet.name), own),
      yield file(unitPath, prepared.unit.grafanaUnit(listen, vars)),
    ]
    yield file(sourcesPath, sources.map(({ uid }) => `${uid}\n`).join(''))
    // It looks for these by itself, twice a minute.
    for (const { name, json } of prepared.dashboards) yield file(`${boards}/${name}`, json, own)
    const others = `find ${boards} -type f ${prepared.dashboards.map(({ name }) => `! -name ${words([name])}`).join(' ')}`
    yield command('no dashboards of roles that are gone', { unless: `[ -z "$(${others} 2>/dev/null)" ]`, run: `${others} -delete` })
    const running = yield service('grafana', { restartOn: [server, ...known, ...configs] })
    yield command('password of admin is the fleet’s', {
      unless: adminMayLogIn(listen, vars.port),
      run: setsPassword(listen, vars.port),
      on: [running],
      timeout: 600,
    })
  },

  *stopped() {
    yield service('grafana', { enabled: false, running: false })
  },

  *purged() {
    yield archiveGone(home)
    for (const path of [unitPath, settings, '/var/log/grafana']) yield pathGone(path)
    yield command('no user grafana', { unless: '! getent passwd grafana', run: 'userdel grafana' })
  },

  data: { path: state },

  needs: ({ offered }) => offered(figureServers),

  status: ({ host, vars }) => ({
    units: ['grafana'],
    ask: asksHealth(listenOf(host, vars.listen), vars.port),
    read: readGrafana,
    // Its first start makes a database, which takes a card some minutes.
    within: 300,
  }),
})
