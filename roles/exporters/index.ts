import * as z from 'zod'
import { apt, file, packagesGone, pathGone, service } from '../../engine/resources/index.ts'
import { role } from '../../engine/role.ts'

const MiB = 1024 * 1024

export default role('exporters', {
  vars: z.strictObject({
    nodePort: z.number().int().min(1).max(65535).default(9100),
    mysqldPort: z.number().int().min(1).max(65535).default(9104),
  }),

  // Both were seen at 17 to 20 MB on a Pi with half a core.
  memory: ({ host }) => ({ 'node exporter': 24 * MiB, ...(host.roles.includes('mariadb') && { 'mysqld exporter': 24 * MiB }) }),

  *desired({ host, vars }) {
    const args = yield file('/etc/default/prometheus-node-exporter', `# Written by provision.\nARGS="--web.listen-address=:${vars.nodePort}"\n`)
    yield apt('prometheus-node-exporter')
    yield service('prometheus-node-exporter', { restartOn: [args] })

    if (!host.roles.includes('mariadb')) return
    const client = yield file('/etc/prometheus/mysqld-exporter.cnf', '[client]\nuser=prometheus\npassword=unused-over-the-socket\nsocket=/run/mysqld/mysqld.sock\n')
    const mysqld = yield file('/etc/default/prometheus-mysqld-exporter', `# Written by provision.\nARGS="--config.my-cnf=/etc/prometheus/mysqld-exporter.cnf --web.listen-address=:${vars.mysqldPort}"\n`)
    yield apt('prometheus-mysqld-exporter')
    yield service('prometheus-mysqld-exporter', { restartOn: [client, mysqld] })
  },

  *stopped() {
    yield service('prometheus-node-exporter', { enabled: false, running: false })
    yield service('prometheus-mysqld-exporter', { enabled: false, running: false })
  },

  *purged() {
    yield packagesGone('prometheus-node-exporter', 'prometheus-mysqld-exporter')
    for (const path of ['/etc/default/prometheus-node-exporter', '/etc/default/prometheus-mysqld-exporter', '/etc/prometheus/mysqld-exporter.cnf']) yield pathGone(path)
  },

  async healthy({ $, host, vars, until }) {
    const scrape = (port: number, metric: string) => $`exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; timeout 20 cat <&3 | grep -q ${metric}`
    await until(() => scrape(vars.nodePort, '^node_memory_MemTotal_bytes '))
    if (host.roles.includes('mariadb')) await until(() => scrape(vars.mysqldPort, '^mysql_up 1'))
  },
})
