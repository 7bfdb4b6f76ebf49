import { listenOf } from '../../engine/listen.ts'
import type { Host } from '../../engine/inventory/types.ts'
import { file, pathGone, type AnyResource, type Shell } from '../../engine/resources/index.ts'
import { goes, rests, runs, serves, type Exporter } from '../exporter.ts'
import type { MariadbVars } from './vars.ts'

export const exporterUnit = 'prometheus-mysqld-exporter'
const unit = exporterUnit
const client = '/etc/prometheus/mysqld-exporter.cnf'
const exporter = ({ metricsPort }: Pick<MariadbVars, 'metricsPort'>): Exporter => ({
  unit,
  port: metricsPort,
  options: `--config.my-cnf=${client}`,
})

/** The server's figures for Prometheus, asked over the local socket as a system user of its own: no password. */
export function* exports(host: Host, vars: MariadbVars): Generator<AnyResource, void, AnyResource> {
  const login = yield file(client, '[client]\nuser=prometheus\npassword=unused-over-the-socket\nsocket=/run/mysqld/mysqld.sock\n')
  yield* runs(exporter(vars), listenOf(host, vars.metricsListen), login)
}

/** Its state where there is no server. */
export function* noExporter(): Generator<AnyResource, void, AnyResource> {
  yield* rests({ unit })
}

/** What of it is taken away when asked for. */
export function* exporterGone(): Generator<AnyResource, void, AnyResource> {
  yield* goes({ unit })
  yield pathGone(client)
}

/** Exit 0 when it sees the server. Bash text. */
export function seesServer(host: Host, vars: MariadbVars): Shell {
  return serves(exporter(vars), listenOf(host, vars.metricsListen), 'mysql_up 1')
}
