import { size } from '../engine/size.ts'
import { isMqtt } from './agent.ts'
import { bottleneckText } from './bottleneck.ts'
import { notedBeside, notedMost, notedOne } from './notes.ts'
import type { Result, Trial } from './result.ts'

type Row = readonly string[]

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** A table of Markdown, as wide as its longest cells. */
export function markdownTable(head: Row, rows: readonly Row[]): string {
  const all = [head, ...rows].map(row => row.map(escaped))
  const widths = head.map((_, column) => Math.max(3, ...all.map(row => row[column]?.length ?? 0)))
  const line = (row: Row): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [line(all[0] ?? []), `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`, ...all.slice(1).map(line), ''].join('\n')
}

const percent = (value: number): string => `${Math.round(value * 100)} %`
const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1))
const ms = (value: number): string => `${value >= 100 ? value.toFixed(0) : value.toFixed(1)}`

/** How a trial is called: its backend, and where that was another than the agents'. */
export const nameOf = ({ backend, by, broker }: Pick<Trial, 'backend' | 'by' | 'broker'>): string =>
  broker === undefined ? backend : `${backend}, broker ${broker}${by === undefined ? '' : ` (${by})`}`

/** What stands above a trial. */
export const titleOf = (trial: Trial): string =>
  `${nameOf(trial)}, ${trial.threads} ${trial.threads === 1 ? 'thread' : 'threads'}${roundText(trial)}`

const roundText = ({ round }: Trial): string => (round === undefined ? '' : `, round ${round}`)

/** How many attempts failed, and as what. */
function errorsText({ errors, codes }: Trial['all']): string {
  const told = Object.entries(codes).sort(([, a], [, b]) => b - a)
  return `${errors}${told.length > 0 ? `: ${told.map(([code, times]) => `${times} ${code}`).join(', ')}` : ''}`
}

/** All trials of a run in one table, as rows. The notes' own figure stands beside each. */
export function overview({ trials, rate, producers }: Result): { readonly columns: Row; readonly rows: readonly Row[] } {
  const latencies = rate === null ? ['p50 ms', 'p99 ms'] : ['p99 ms open loop', 'p99 ms closed loop']
  return {
    columns: ['backend', 'producers × threads', 'TPS', 'notes', ...latencies, 'errors', 'bottleneck'],
    rows: trials.map(trial => {
      const { all, threads } = trial
      const noted = notedBeside(trial.backend, producers.length, threads)
      return [
        `${nameOf(trial)}${roundText(trial)}`,
        `${producers.length} × ${threads}${isMqtt(trial.by ?? trial.backend) ? ' in flight' : ''}`,
        number(all.tps),
        noted === undefined ? '–' : String(noted),
        ...(rate === null ? [all.latency.p50, all.latency.p99] : [all.latency.p99, all.sent.p99]).map(ms),
        errorsText(all),
        bottleneckText(trial.bottlenecks),
      ]
    }),
  }
}

/** The hosts of a trial, as rows: CPU and IO as the notes have them, and what else may be full. */
export function hostRows({ producers, hosts }: Trial): { readonly columns: Row; readonly rows: readonly Row[] } {
  return {
    columns: ['host', 'TPS', 'CPU', 'IO', 'disk', 'memory', 'network', '°C', 'held back'],
    rows: hosts.map(({ host, figures, missing }) => {
      const load = producers.find(each => each.host === host)
      const tps = load ? number(load.figures.tps) : ''
      if (!figures) return [host, tps, '?', '?', '?', '?', '?', '?', missing ?? 'not known']
      const { cpu, io, disk, memory, net, netShare, temperature, throttled } = figures
      return [
        host,
        tps,
        percent(cpu),
        `${ms(io)} ms`,
        percent(disk),
        percent(memory),
        `${size(net)}/s${netShare === undefined ? '' : ` (${percent(netShare)})`}`,
        temperature === undefined ? '–' : temperature.toFixed(0),
        throttled.join(', ') || '–',
      ]
    }),
  }
}

/** The whole run as Markdown: the overview, the hosts of each trial, the notes' own figures. */
export function markdownOf(result: Result): string {
  const { fleet, made, duration, rate, producers, trials, problems } = result
  const { columns, rows } = overview(result)
  return [
    `# ${fleet}, ${new Date(made * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    '',
    `${producers.join(', ')}; ${duration} s each after a warm-up; ${
      rate === null
        ? 'as fast as it goes (closed loop)'
        : `${rate} readings a second were due. Open loop: counted from when a reading was due. Closed loop: from when it was sent.`
    }`,
    '',
    markdownTable(columns, rows),
    ...(problems.length > 0 ? [...problems.map(text => `- ${text}`), ''] : []),
    ...trials.flatMap(trial => {
      const table = hostRows(trial)
      const { warmUp } = trial
      return [
        `## ${titleOf(trial)}`,
        '',
        markdownTable(table.columns, table.rows),
        `Bottleneck: ${bottleneckText(trial.bottlenecks)}. Warm-up: ${warmUp.seconds} s${warmUp.steady ? '' : ', and not steady then'}.`,
        '',
      ]
    }),
    '## The notes’ own figures',
    '',
    markdownTable(
      ['backend', 'one thread, one producer', 'seen there', 'at most', 'with'],
      notedOne.map(({ backend, tps, told }) => {
        const most = notedMost.find(each => each.backend === backend)
        return [backend, String(tps), told, most ? String(most.tps) : '–', most?.told ?? '–']
      }),
    ),
  ].join('\n')
}
