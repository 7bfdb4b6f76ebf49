import * as z from 'zod'
import { asksPage, knowsAddress, listenOf, listenVar } from '../../engine/listen.ts'
import { apt, file, service, type AnyResource } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'
import { defaults, dropIn, type Exporter } from './units.ts'

const MiB = 1024 * 1024
const clientFile = '/etc/prometheus/mysqld-exporter.cnf'

const exportersVars = z.strictObject({
  listen: listenVar,
  nodePort: z.number().int().min(1).max(65535).default(9100),
  mysqldPort: z.number().int().min(1).max(65535).default(9104),
})
type Vars = z.output<typeof exportersVars>

const node = ({ nodePort }: Vars): Exporter => ({ unit: 'prometheus-node-exporter', port: nodePort })
const mysqld = ({ mysqldPort }: Vars): Exporter => ({ unit: 'prometheus-mysqld-exporter', port: mysqldPort, options: `--config.my-cnf=${clientFile}` })

export default role('exporters', {
  vars: exportersVars,

  // Both were seen at 17 to 20 MB on a Pi with half a core.
  memory: ({ host }) => ({ 'node exporter': 24 * MiB, ...(host.roles.includes('mariadb') && { 'mysqld exporter': 24 * MiB }) }),

  *desired({ host, vars }) {
    const listen = listenOf(host, vars.listen)
    const known = yield* knowsAddress(listen)
    function* runs(exporter: Exporter, ...on: readonly AnyResource[]): Generator<AnyResource, void, AnyResource> {
      const args = yield file(`/etc/default/${exporter.unit}`, defaults(exporter, listen))
      const added = yield file(`/etc/systemd/system/${exporter.unit}.service.d/fleet.conf`, dropIn(exporter, listen))
      yield apt(exporter.unit)
      yield service(exporter.unit, { restartOn: [args, added, ...known, ...on] })
    }
    yield* runs(node(vars))
    if (!host.roles.includes('mariadb')) return
    const client = yield file(clientFile, '[client]\nuser=prometheus\npassword=unused-over-the-socket\nsocket=/run/mysqld/mysqld.sock\n')
    yield* runs(mysqld(vars), client)
  },

  *stopped() {
    yield service('prometheus-node-exporter', { enabled: false, running: false })
    yield service('prometheus-mysqld-exporter', { enabled: false, running: false })
  },

  async healthy({ $, host, vars, until }) {
    const listen = listenOf(host, vars.listen)
    const scrape = (port: number, metric: string) => $`bash -c ${`${asksPage(listen, port, '/metrics', 20)} | grep -q '${metric}'`}`
    await until(() => scrape(vars.nodePort, '^node_memory_MemTotal_bytes '))
    if (host.roles.includes('mariadb')) await until(() => scrape(vars.mysqldPort, '^mysql_up 1'))
  },
})
