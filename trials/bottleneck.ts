import type { HostFigures } from './figures.ts'

export type Resource = 'CPU' | 'one core' | 'disk' | 'memory' | 'network' | 'round trip'

/** What held a trial back: a host and the resource of it that was full. */
export interface Bottleneck {
  readonly host: string
  readonly resource: Resource
  /** The figure that says so, for a person. */
  readonly figure: string
}

/** From these shares on a resource counts as full. */
const full = { cpu: 0.9, core: 0.95, disk: 0.9, network: 0.8, stalled: 0.1, roundTrip: 0.5 }

const percent = (share: number): string => `${Math.round(share * 100)} %`

interface Way {
  readonly latency: number
  readonly addresses: Readonly<Record<string, string>>
  readonly stores: readonly string[]
}

export interface Seen {
  readonly name: string
  readonly figures: HostFigures
}

/**
 * What was full, the likeliest cause first; empty where nothing was: then more can be done.
 * - Memory comes first, for a host that lacks it reads its programs from the disk again and again and is busy with that. It is short where
 *   programs waited for it a tenth of the time; where no kernel counts that, nearly none is available and pages come back from the disk.
 * - Then what is fullest of processor, disk and network.
 * - A round trip counts where nothing is full, and it is at least half of what a reading takes: `latency`, in milliseconds, for half of
 *   them. `addresses`: names of hosts by address; `stores`: those readings go to, whose round trips come before others'.
 */
export function bottlenecksOf(hosts: readonly Seen[], { latency, addresses, stores }: Way): readonly Bottleneck[] {
  const found: (Bottleneck & { readonly weight: number })[] = []
  for (const { name: host, figures } of hosts) {
    const { cpu, core, cores, disk, io, memory, available, netShare, waits, faults, swapped } = figures
    const scarce = waits.memory === undefined ? memory > 0.95 && (swapped > 10 || faults > 50) : waits.memory >= full.stalled
    if (scarce) {
      const told =
        waits.memory === undefined
          ? `${Math.round(faults)} pages a second come back from the disk`
          : `programs waited for it ${percent(waits.memory)} of the time`
      found.push({ host, resource: 'memory', figure: `${Math.round(available / 2 ** 20)} MiB available, ${told}`, weight: 10 })
    }
    if (cpu >= full.cpu) found.push({ host, resource: 'CPU', figure: percent(cpu), weight: cpu / full.cpu })
    else if (cores > 1 && core >= full.core)
      found.push({ host, resource: 'one core', figure: `${percent(core)} of one of ${cores} cores`, weight: core / full.core - 0.05 })
    if (disk >= full.disk)
      found.push({ host, resource: 'disk', figure: `${percent(disk)} busy, ${ms(io)} a request`, weight: disk / full.disk })
    if (netShare !== undefined && netShare >= full.network)
      found.push({ host, resource: 'network', figure: `${percent(netShare)} of what it carries`, weight: netShare / full.network })
  }
  if (found.length > 0) return found.sort((a, b) => b.weight - a.weight).map(({ weight: _, ...each }) => each)
  return tripsOf(hosts, { latency, addresses, stores })
}

function tripsOf(hosts: readonly Seen[], { latency, addresses, stores }: Way): readonly Bottleneck[] {
  const long = hosts
    .flatMap(({ name, figures: { trips } }) =>
      Object.entries(trips).flatMap(([peer, trip]) => {
        const other = addresses[peer]
        // What takes longer than a reading is not on its way: another host's agent.
        return other === undefined || other === name || trip > latency || trip < latency * full.roundTrip ? [] : [{ name, other, trip }]
      }),
    )
    .sort((a, b) => b.trip - a.trip)
  const longest = long.find(({ name, other }) => stores.includes(name) || stores.includes(other)) ?? long[0]
  if (!longest || latency <= 0) return []
  const figure = `${ms(longest.trip)} to ${longest.other} and back, of ${ms(latency)} that a reading takes`
  return [{ host: longest.name, resource: 'round trip', figure }]
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`

/** In a sentence: `mysql CPU 100 %`. */
export function bottleneckText([first, ...others]: readonly Bottleneck[]): string {
  if (!first) return 'nothing was full, more can be done'
  const rest = others.length > 0 ? `; also ${others.map(each => `${each.host} ${each.resource} ${each.figure}`).join(', ')}` : ''
  return `${first.host} ${first.resource} ${first.figure}${rest}`
}
