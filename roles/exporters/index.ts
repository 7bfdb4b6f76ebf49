import * as z from 'zod'
import { apt, file, packagesGone, pathGone, service } from '../../engine/resources/index.ts'
import { offer } from '../../engine/offer.ts'
import { role } from '../../engine/role.ts'
import { metrics } from '../offers.ts'

const MiB = 1024 * 1024
const args = '/etc/default/prometheus-node-exporter'

export default role('exporters', {
  vars: z.strictObject({
    nodePort: z.number().int().min(1).max(65535).default(9100),
  }),

  // Seen at 17 to 20 MB on a Pi with half a core.
  memory: () => ({ 'node exporter': 24 * MiB }),

  *offers({ vars }) {
    yield offer(metrics, { port: vars.nodePort, job: 'node', title: 'the Pi itself' })
  },

  *desired({ vars }) {
    const settings = yield file(args, `# Written by provision.\nARGS="--web.listen-address=:${vars.nodePort}"\n`)
    yield apt('prometheus-node-exporter')
    yield service('prometheus-node-exporter', { restartOn: [settings] })
  },

  *stopped() {
    yield service('prometheus-node-exporter', { enabled: false, running: false })
  },

  *purged() {
    yield packagesGone('prometheus-node-exporter')
    yield pathGone(args)
  },

  status: () => ({ units: ['prometheus-node-exporter'] }),

  async healthy({ $, vars, until }) {
    await until(() => $`exec 3<>/dev/tcp/127.0.0.1/${vars.nodePort}; printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; timeout 20 cat <&3 | grep -q '^node_memory_MemTotal_bytes '`)
  },
})
