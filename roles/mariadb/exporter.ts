import { apt, file, packagesGone, pathGone, service, type AnyResource } from '../../engine/resources/index.ts'
import type { MariadbVars } from './vars.ts'

const client = '/etc/prometheus/mysqld-exporter.cnf'
const args = '/etc/default/prometheus-mysqld-exporter'
export const exporterUnit = 'prometheus-mysqld-exporter'

/** The server's figures for Prometheus, asked over the local socket as a system user of its own: no password. */
export function* exporter({ metricsPort }: Pick<MariadbVars, 'metricsPort'>): Generator<AnyResource, void, AnyResource> {
  const login = yield file(client, '[client]\nuser=prometheus\npassword=unused-over-the-socket\nsocket=/run/mysqld/mysqld.sock\n')
  const settings = yield file(args, `# Written by provision.\nARGS="--config.my-cnf=${client} --web.listen-address=:${metricsPort}"\n`)
  yield apt(exporterUnit)
  yield service(exporterUnit, { restartOn: [login, settings] })
}

/** Its state where there is no server. */
export function* noExporter(): Generator<AnyResource, void, AnyResource> {
  yield service(exporterUnit, { enabled: false, running: false })
}

/** What of it is taken away when asked for. */
export function* exporterGone(): Generator<AnyResource, void, AnyResource> {
  yield packagesGone(exporterUnit)
  for (const path of [client, args]) yield pathGone(path)
}
