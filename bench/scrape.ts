// What figures cost: the Prometheus of a Pi with 1 GiB that keeps what somebody looks at, and one beside it, on the same Pi at the same
// moment, that keeps all it is shown. And what a look costs those that are looked at. Boots virtual Pis, so it needs root.
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
/** The Prometheus of the role, and the one beside it. */
const servers = { 'what is looked at': 9090, 'all there is': 9191 } as const
const unit = 'bench-all'
const store = `/var/lib/prometheus/${unit}`

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
    await besides()
    await main()
  } finally {
    await inside(watch, `systemctl stop ${unit}; rm -rf ${store} /etc/prometheus/${unit}.yml`)
  }
else
  try {
    await up(fleet)
    const provision = fileURLToPath(new URL('bin/provision.mjs', import.meta.url))
    const provisioned = () => shell(`node ${quoted(provision)} --inventory ${quoted(file)} --yes`)
    // A busy machine may let one wait too long for another; the next run goes on.
    await provisioned().catch(provisioned)
    await besides()
    await main()
  } finally {
    // Hosts that stay need their inventory, its secrets and its CA.
    if (!values.keep) {
      await down(fleet)
      rmSync(folder, { recursive: true, force: true })
    }
  }

/** Starts the second server: the same targets, rules and limits, and nothing left out. */
async function besides(): Promise<void> {
  const config = parse(await inside(watch, 'cat /etc/prometheus/fleet.yml')) as {
    alerting?: unknown
    scrape_configs: { metric_relabel_configs?: unknown }[]
  }
  // It knows the rules, and tells nobody: it has seen too little.
  delete config.alerting
  for (const job of config.scrape_configs) delete job.metric_relabel_configs
  await inside(
    watch,
    `install -d -o prometheus -g prometheus ${store} && printf %s ${quoted(stringify(config))} >/etc/prometheus/${unit}.yml &&
systemd-run -q --unit=${unit} -p User=prometheus $(systemctl show -P Environment prometheus | sed 's/^/-p Environment=/') prometheus \
--config.file=/etc/prometheus/${unit}.yml --storage.tsdb.path=${store} --web.listen-address=${address}:${servers['all there is']}`,
  )
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
async function server(port: number): Promise<Server> {
  const own = port === servers['all there is'] ? unit : 'prometheus'
  const io = await inside(watch, `sed -n 's/^write_bytes:/io_write_bytes/p' /proc/$(systemctl show -P MainPID ${own})/io`)
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

/** Seconds a look takes, by job, as the role's server measures it. */
async function looks(): Promise<readonly string[]> {
  const query = encodeURIComponent(`avg by (job) (avg_over_time(scrape_duration_seconds[${minutes}m]))`)
  const { data } = JSON.parse(await page(servers['what is looked at'], `/api/v1/query?query=${query}`)) as {
    data: { result: { metric: { job: string }; value: [number, string] }[] }
  }
  return data.result.map(({ metric, value }) => `${metric.job.padEnd(12)}${(Number(value[1]) * 1000).toFixed(1)} ms`)
}

async function main(): Promise<void> {
  // Both have found their targets.
  await sleep(90_000)
  const ports = Object.entries(servers)
  const before = { servers: await Promise.all(ports.map(([, port]) => server(port))), agents: await agents() }
  const most = ports.map(() => 0)
  const began = performance.now()
  while (performance.now() - began < minutes * 60_000) {
    await sleep(15_000)
    for (const [index, [, port]] of ports.entries()) most[index] = Math.max(most[index] ?? 0, (await server(port)).rss)
  }
  const seconds = (performance.now() - began) / 1000
  const after = await Promise.all(ports.map(([, port]) => server(port)))
  console.log(`\n${minutes} minutes, ${fleet.hosts.length} Pis, a look at each target every 15 s; both servers on one Pi of 1 GiB`)
  for (const [index, [of]] of ports.entries()) {
    const [then, now] = [before.servers[index], after[index]]
    if (!then || !now) continue
    const aDay = ((now.written - then.written) / seconds) * (86_400 / 1e6)
    console.log(
      `${of.padEnd(20)}${now.series} series, ${((now.samples - then.samples) / seconds).toFixed(0)} samples a second, ` +
        `RSS ${now.rss.toFixed(0)} MiB (at most ${most[index]?.toFixed(0)}), CPU ${(((now.cpu - then.cpu) / seconds) * 100).toFixed(2)} % of a core, ` +
        `written ${aDay.toFixed(0)} MB a day`,
    )
  }
  console.log('\nwho is asked, by both: CPU of a core, and memory')
  for (const now of await agents()) {
    const then = before.agents.find(({ host, unit: of }) => host === now.host && of === now.unit)
    console.log(
      `${now.host.padEnd(12)}${now.unit.padEnd(32)}${(((now.cpu - (then?.cpu ?? NaN)) / seconds) * 100).toFixed(2)} %  ${now.rss.toFixed(0)} MiB`,
    )
  }
  console.log(`\na look takes\n${(await looks()).join('\n')}`)
}
