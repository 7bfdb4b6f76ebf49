// What figures cost: on a Pi with 1 GiB, beside its Prometheus, two more that start at the same moment with nothing: one keeps what
// somebody looks at, as the role's does, the other all it is shown. And what a look costs those that are looked at. Boots virtual Pis, so
// it needs root.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { parse, stringify } from 'yaml'
import { loadFleet } from '../engine/inventory/load.ts'
import { down, exec, up } from '../lab/index.ts'
import { quoted, shell } from './measure.ts'
import { registry } from './roles.ts'
import { watchedFleet } from './scrape/fleet.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    // A fleet that is up already, whose Pi named `watch` has Prometheus: it is only looked at.
    inventory: { type: 'string' },
    down: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const name = 'benchscrape'
const folder = join(tmpdir(), 'bench-scrape')
const file = values.inventory ?? join(folder, 'fleet.yaml')
/** Hosts that are made for this, and taken down after it. */
const ours = values.inventory === undefined
const watch = 'watch'
interface Beside {
  readonly of: string
  readonly unit: string
  readonly port: number
  readonly keepsAll: boolean
}
const besides: readonly Beside[] = [
  { of: 'what is looked at', unit: 'bench-kept', port: 9190, keepsAll: false },
  { of: 'all there is', unit: 'bench-all', port: 9191, keepsAll: true },
]
const storeOf = ({ unit }: Beside) => `/var/lib/prometheus/${unit}`
const configOf = ({ unit }: Beside) => `/etc/prometheus/${unit}.yml`

if (ours) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(file, JSON.stringify(watchedFleet(name)))
}
const fleet = await loadFleet(file, registry)

const address = fleet.hosts.find(host => host.name === watch)?.address ?? ''

const inside = async (host: string, script: string): Promise<string> => {
  const { code, stdout, stderr } = await exec(fleet, host, ['sh', '-c', script])
  if (code !== 0) throw new Error(`${host}: ${stderr || stdout}`)
  return stdout.trim()
}

if (values.down) {
  await down(fleet)
  rmSync(folder, { recursive: true, force: true })
} else if (!ours)
  try {
    await begin()
    await main()
  } finally {
    for (const each of besides) await inside(watch, `systemctl stop ${each.unit}; rm -rf ${storeOf(each)} ${configOf(each)}`)
  }
else
  try {
    await up(fleet)
    const provision = fileURLToPath(new URL('bin/provision.mjs', import.meta.url))
    const provisioned = () => shell(`node ${quoted(provision)} --inventory ${quoted(file)} --yes`)
    // A busy machine may let one wait too long for another; the next run goes on.
    await provisioned().catch(provisioned)
    await begin()
    await main()
  } finally {
    // Hosts that stay need their inventory, its secrets and its CA.
    if (!values.keep) {
      await down(fleet)
      rmSync(folder, { recursive: true, force: true })
    }
  }

/** Starts both: the same targets, rules and limits. */
async function begin(): Promise<void> {
  const text = await inside(watch, 'cat /etc/prometheus/fleet.yml')
  const starts = besides.map(each => {
    const config = parse(text) as { alerting?: unknown; scrape_configs: { metric_relabel_configs?: unknown }[] }
    // They know the rules, and tell nobody: they have seen too little.
    delete config.alerting
    if (each.keepsAll) for (const job of config.scrape_configs) delete job.metric_relabel_configs
    return `install -d -o prometheus -g prometheus ${storeOf(each)} && printf %s ${quoted(stringify(config))} >${configOf(each)} &&
systemd-run -q --unit=${each.unit} -p User=prometheus $(systemctl show -P Environment prometheus | sed 's/^/-p Environment=/') prometheus \
--config.file=${configOf(each)} --storage.tsdb.path=${storeOf(each)} --web.listen-address=${address}:${each.port}`
  })
  await inside(watch, starts.join(' &&\n'))
}

async function page(port: number, path: string): Promise<string> {
  return (await fetch(`http://${address}:${port}${path}`)).text()
}

interface Server {
  readonly rss: number
  readonly series: number
  readonly samples: number
  readonly cpu: number
  readonly written: number
}

/** What a server says of itself, and what the kernel says of it. */
async function server({ port, unit }: Beside): Promise<Server> {
  const io = await inside(watch, `sed -n 's/^write_bytes:/io_write_bytes/p' /proc/$(systemctl show -P MainPID ${unit})/io`)
  const text = `${await page(port, '/metrics')}\n${io}`
  const figure = (metric: string) => Number(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1] ?? NaN)
  return {
    rss: figure('process_resident_memory_bytes') / 2 ** 20,
    series: figure('prometheus_tsdb_head_series'),
    samples: figure('prometheus_tsdb_head_samples_appended_total'),
    cpu: figure('process_cpu_seconds_total'),
    written: figure('io_write_bytes'),
  }
}

interface Agent {
  readonly host: string
  readonly unit: string
  readonly cpu: number
  readonly rss: number
}

/** Processes that are there to be asked, with the CPU they have used, in seconds, and their memory, in MiB. */
async function agents(): Promise<readonly Agent[]> {
  const script = `for unit in $(systemctl list-units --plain --no-legend 'prometheus-*exporter.service' 'collector.service' | cut -d' ' -f1); do
pid=$(systemctl show -P MainPID "$unit"); echo "$unit $(sed 's/.*) //' /proc/$pid/stat | cut -d' ' -f12,13) $(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status)"
done`
  const perHost = await Promise.all(fleet.hosts.map(async ({ name: host }) => ({ host, text: await inside(host, script) })))
  return perHost.flatMap(({ host, text }) =>
    text
      .split('\n')
      .filter(Boolean)
      .map(line => {
        const [of = '', user, system, rss] = line.split(' ')
        return { host, unit: of.replace('.service', ''), cpu: (Number(user) + Number(system)) / 100, rss: Number(rss) / 1024 }
      }),
  )
}

/** Seconds a look takes, by job, as the role's own server measures it. */
async function looks(): Promise<readonly string[]> {
  const query = encodeURIComponent(`avg by (job) (avg_over_time(scrape_duration_seconds[${minutes}m]))`)
  const { data } = JSON.parse(await page(9090, `/api/v1/query?query=${query}`)) as {
    data: { result: { metric: { job: string }; value: [number, string] }[] }
  }
  return data.result.map(({ metric, value }) => `${metric.job.padEnd(12)}${(Number(value[1]) * 1000).toFixed(1)} ms`)
}

async function main(): Promise<void> {
  // Both have found their targets.
  await sleep(90_000)
  const before = { servers: await Promise.all(besides.map(server)), agents: await agents() }
  const most = besides.map(() => 0)
  const began = performance.now()
  while (performance.now() - began < minutes * 60_000) {
    await sleep(15_000)
    for (const [index, each] of besides.entries()) most[index] = Math.max(most[index] ?? 0, (await server(each)).rss)
  }
  const seconds = (performance.now() - began) / 1000
  const after = await Promise.all(besides.map(server))
  console.log(
    `\n${minutes} minutes, ${fleet.hosts.length} Pis, a look at each target every 15 s; both servers on one Pi of 1 GiB, which has its own beside them`,
  )
  for (const [index, { of }] of besides.entries()) {
    const [then, now] = [before.servers[index], after[index]]
    if (!then || !now) continue
    const aDay = ((now.written - then.written) / seconds) * (86_400 / 1e6)
    console.log(
      `${of.padEnd(20)}${now.series} series, ${((now.samples - then.samples) / seconds).toFixed(0)} samples a second, ` +
        `RSS ${now.rss.toFixed(0)} MiB (at most ${most[index]?.toFixed(0)}), CPU ${(((now.cpu - then.cpu) / seconds) * 100).toFixed(2)} % of a core, ` +
        `written ${aDay.toFixed(0)} MB a day`,
    )
  }
  console.log('\nwho is asked, by three: CPU of a core, and memory')
  for (const now of await agents()) {
    const then = before.agents.find(({ host, unit: of }) => host === now.host && of === now.unit)
    console.log(
      `${now.host.padEnd(12)}${now.unit.padEnd(32)}${(((now.cpu - (then?.cpu ?? NaN)) / seconds) * 100).toFixed(2)} %  ${now.rss.toFixed(0)} MiB`,
    )
  }
  console.log(`\na look takes\n${(await looks()).join('\n')}`)
}
