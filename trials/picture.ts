import type { Curve, Note, Part, Picture, Report } from '../charts/picture.ts'
import { bottleneckText } from './bottleneck.ts'
import type { Result, Trial } from './result.ts'
import { hostRows, overview, titleOf } from './tables.ts'

type Series = Trial['series']['hosts'][number]

/** A result as a page: its tables, and pictures of each trial. */
export function reportOf(result: Result): Report {
  const { fleet, made, trials, problems, producers, rate } = result
  const hosts = new Set(trials.flatMap(trial => trial.hosts.map(({ host }) => host)))
  const ends = trials.map(({ began, seconds }) => began + seconds)
  const notes: Note[] = problems.map(text => ({ kind: 'failed', text }))
  return {
    fleet: `${fleet}: benchmark`,
    hosts: hosts.size,
    span: { from: Math.min(made, ...trials.map(({ began, warmUp }) => began - warmUp.seconds)), to: Math.max(...ends, 0) || made, step: 1 },
    source: `${producers.join(', ')}${rate === null ? ', as fast as it goes' : `, ${rate} readings a second`}`,
    made,
    notes,
    parts: [{ title: 'All trials', pictures: [], tables: [overview(result)] }, ...trials.map(partOf)],
  }
}

function partOf(trial: Trial): Part {
  const { series, bottlenecks, began } = trial
  const picture = (title: string, unit: string | undefined, curves: readonly Curve[]): Picture => ({
    title,
    ...(unit !== undefined && { unit }),
    curves: curves.filter(({ values }) => values.some(value => value !== null)),
    missing: [],
    from: began - series.measured,
  })
  const each = (of: keyof Omit<Series, 'host'>): readonly Curve[] => series.hosts.map(host => ({ name: host.host, values: host[of] }))
  const pictures = [
    picture('Readings a second', 'ops', [{ name: 'all producers', values: series.tps }]),
    picture('99 of 100 readings took', 's', [
      { name: 'all producers', values: series.p99.map(value => (value === null ? null : value / 1000)) },
    ]),
    picture('CPU', 'percentunit', each('cpu')),
    picture('Disk busy', 'percentunit', each('disk')),
    picture('Memory not available', 'percentunit', each('memory')),
    picture('Network', 'Bps', each('net')),
    picture('Temperature', 'celsius', each('temperature')),
  ]
  return {
    title: titleOf(trial),
    text: `Bottleneck: ${bottleneckText(bottlenecks)}. The first ${series.measured} s are the warm-up, and do not count.`,
    pictures,
    tables: [hostRows(trial)],
  }
}
