import * as z from 'zod'
import { listenOf, listenVar } from '../../engine/listen.ts'
import { offer } from '../../engine/offer.ts'
import { role } from '../../engine/role.ts'
import { goes, rests, runs, serves, type Exporter } from '../exporter.ts'
import { certificates, metrics } from '../offers.ts'
import { figures, figuresGone, figuresUnit, noFigures } from './figures.ts'
import { panels, rules } from './monitoring.ts'

const MiB = 1024 * 1024
const unit = 'prometheus-node-exporter'
/**
 * File systems that are no card. By default an overlay is left out, too: the root of a Pi whose changes go beside what was there (a virtual
 * Pi, or one set up so by hand) would have no figures.
 */
const noCards =
  'autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|mqueue|nsfs|proc|pstore|rpc_pipefs|securityfs|sysfs|tmpfs|tracefs'

// No `$` at its end: systemd and the shell have one of their own. No file system of a card begins like these.
const exporter = (port: number): Exporter => ({ unit, port, options: `--collector.filesystem.fs-types-exclude=^(${noCards})` })

export default role('exporters', {
  vars: z.strictObject({
    listen: listenVar,
    nodePort: z.number().int().min(1).max(65535).default(9100).describe('node exporter, for Prometheus'),
  }),

  // Seen at 17 to 20 MB on a Pi with half a core.
  memory: () => ({ 'node exporter': 24 * MiB, 'figures of the Pi': 4 * MiB }),
  disk: () => ({ 'node exporter': { now: 13 * MiB } }),

  *offers({ vars }) {
    yield offer(metrics, { port: vars.nodePort, job: 'node', title: 'the Pi itself', board: 'Fleet', rules, panels })
  },

  *desired({ host, vars, offered }) {
    const own = offered(certificates).filter(each => each.host.name === host.name)
    yield* figures(own.map(({ value }) => value.path))
    yield* runs(exporter(vars.nodePort), listenOf(host, vars.listen))
  },

  *stopped() {
    yield* noFigures()
    yield* rests({ unit })
  },

  *purged() {
    yield* figuresGone()
    yield* goes({ unit })
  },

  status: ({ host, vars }) => ({
    units: [unit, figuresUnit],
    ask: `${serves(exporter(vars.nodePort), listenOf(host, vars.listen), 'node_memory_MemTotal_bytes ')} && echo serves`,
    read: output => (output.trim() === 'serves' ? {} : { wrong: ['it runs and does not answer'] }),
  }),
})
