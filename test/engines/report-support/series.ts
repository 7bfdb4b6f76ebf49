import { parser } from '@prometheus-io/lezer-promql'
import type { Board } from '../../../roles/boards.ts'

type Labels = Readonly<Record<string, string>>

/** Whom the figures are of. */
export const hosts = ['producer1', 'producer2', 'producer3'] as const

/** Seconds between two values. */
const interval = 120

/** What one selector of a query asks for. */
interface Wanted {
  readonly metric: string
  readonly labels: Labels
  /** It is asked how fast it grows. */
  readonly counter: boolean
}

/** All that the queries of boards select. Matchers other than equality are left out. */
export function wantedBy(boards: readonly Board[]): readonly Wanted[] {
  const wanted = new Map<string, Wanted>()
  for (const { expr } of boards.flatMap(({ panels }) => panels.flatMap(({ curves }) => curves)))
    parser.parse(expr).iterate({
      enter(node) {
        if (node.name !== 'VectorSelector') return
        const text = expr.slice(node.from, node.to)
        const metric = /^[\w:]+/.exec(text)?.[0] ?? ''
        const labels = Object.fromEntries([...text.matchAll(/(\w+)\s*=\s*"([^"]*)"/g)].map(([, label = '', value = '']) => [label, value]))
        const counter = expr.slice(node.to).startsWith('[')
        wanted.set(`${metric}${JSON.stringify(labels)}`, { metric, labels, counter })
      },
    })
  return [...wanted.values()]
}

const buckets = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '+Inf']

/** A value between 0 and 1 that goes up and down in a day, another one for each host, with a little noise that is the same each time. */
function wave(seconds: number, host: number): number {
  const noise = Math.sin(seconds * 12.9898 + host * 78.233) * 43_758.5453
  return 0.5 + 0.38 * Math.sin((seconds / 86_400) * 2 * Math.PI + host * 0.9) + 0.08 * (noise - Math.floor(noise))
}

// What figures are like, by their names; others are counts.
const shapes: readonly (readonly [name: RegExp, least: number, most: number])[] = [
  [/temp/, 38, 62],
  [/MemTotal|size_bytes$/, 1e9, 1e9],
  [/MemAvailable|avail_bytes|free_bytes/, 3e8, 6e8],
  [/floor_bytes/, 1e8, 1e8],
  [/bytes|load$/, 2e7, 9e7],
  [/_total$|questions/, 0, 60],
]

/** What is added to a counter from one value to the next, or what a gauge has then. */
function valueOf({ metric, labels }: Wanted, seconds: number, host: number): number {
  if (labels['mode'] === 'idle') return interval * (1 - 0.4 * wave(seconds, host))
  const [, least, most] = shapes.find(([name]) => name.test(metric)) ?? [undefined, 0, 12]
  return least + (most - least) * wave(seconds, host)
}

/** Figures for all of that, as OpenMetrics. `gap`: the second host tells nothing then. Times in seconds. */
export function openMetrics(
  wanted: readonly Wanted[],
  { from, to, gap }: { readonly from: number; readonly to: number; readonly gap: readonly [from: number, to: number] },
): string {
  const lines: string[] = []
  for (const each of wanted)
    for (const [index, host] of hosts.entries())
      for (const le of each.metric.endsWith('_bucket') ? buckets : [undefined]) {
        const labels = {
          host,
          job: 'x',
          instance: host,
          location: host,
          backend: 'mariadb',
          ...each.labels,
          ...(le !== undefined && { le }),
        }
        const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
        let sum = 0
        for (let at = from; at <= to; at += interval) {
          const value = valueOf(each, at, index) * (le === undefined ? 1 : (buckets.indexOf(le) + 1) / buckets.length)
          sum += value
          if (index === 1 && at >= gap[0] && at < gap[1]) continue
          lines.push(`${each.metric}{${text}} ${(each.counter ? sum : value).toPrecision(8)} ${at}`)
        }
      }
  return `${lines.join('\n')}\n`
}

/** Whether targets answered, by job and host, as OpenMetrics. */
export function upMetrics(
  targets: readonly { readonly job: string; readonly host: string; up(at: number): boolean }[],
  from: number,
  to: number,
) {
  const lines: string[] = []
  for (const { job, host, up } of targets)
    for (let at = from; at <= to; at += interval) lines.push(`up{job="${job}",host="${host}"} ${up(at) ? 1 : 0} ${at}`)
  return `${lines.join('\n')}\n`
}
