import type { Latency } from './latency.ts'
import { merged, summarize } from './latency.ts'
import type { LoadOptions } from './options.ts'
import type { LoadRun, Progress } from './run.ts'

/** What a load run says, with `--json` as it is. Times in seconds, latencies in milliseconds, TPS in readings a second. */
export interface LoadReport {
  readonly backend: string
  readonly location: string
  readonly threads: number
  readonly inflight: number
  readonly rate: number | null
  readonly seconds: number
  readonly stored: number
  readonly tps: number
  readonly duplicates: number
  readonly errors: Readonly<Record<string, number>>
  /** From when a reading was due; without a rate, from when it was sent. */
  readonly latency: Latency
  /** With a rate: from when it was sent, which hides what had to wait. */
  readonly sentLatency?: Latency
  /** CPU of the load tool: 1 is one core busy all the time. */
  readonly cpu: number
  readonly perThread: readonly { readonly thread: number; readonly stored: number; readonly tps: number; readonly latency: Latency }[]
}

export function reportOf({ backend, location, threads, inflight, rate }: LoadOptions, { results, cpuSeconds }: LoadRun): LoadReport {
  const errors: Record<string, number> = {}
  for (const result of results) {
    for (const [code, count] of Object.entries(result.errors)) errors[code] = (errors[code] ?? 0) + count
  }
  const sum = (of: 'stored' | 'duplicates'): number => results.reduce((total, result) => total + result[of], 0)
  const seconds = Math.max(0.001, ...results.map(result => result.seconds))
  return {
    backend: backend.type,
    location,
    threads,
    inflight,
    rate: rate ?? null,
    seconds: Math.round(seconds * 1000) / 1000,
    stored: sum('stored'),
    tps: tenths(sum('stored') / seconds),
    duplicates: sum('duplicates'),
    errors,
    latency: summarize(merged(results.map(({ due }) => due))),
    ...(rate !== undefined && { sentLatency: summarize(merged(results.map(({ sent }) => sent))) }),
    cpu: Math.round((cpuSeconds / seconds) * 100) / 100,
    perThread: results.map(({ thread, stored, due }) => ({
      thread: thread + 1,
      stored,
      tps: tenths(stored / seconds),
      latency: summarize(merged([due])),
    })),
  }
}

const tenths = (value: number): number => Math.round(value * 10) / 10
const head = ['thread', 'readings', 'TPS', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms']

/** The report for a person. */
export function reportText(report: LoadReport): string {
  const cells = (name: string, stored: number, tps: number, { p50, p95, p99, max }: Latency): string[] => [
    name,
    String(stored),
    tps.toFixed(1),
    ...[p50, p95, p99, max].map(ms => ms.toFixed(2)),
  ]
  const rows = [
    head,
    ...report.perThread.map(({ thread, stored, tps, latency }) => cells(String(thread), stored, tps, latency)),
    cells('total', report.stored, report.tps, report.latency),
  ]
  const widths = head.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const table = rows.map(row => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
  const failures = Object.entries(report.errors).map(([code, count]) => `${count} × ${code}`)
  return [
    `${report.backend}, ${report.threads} threads × ${report.inflight} in flight, ${report.seconds.toFixed(1)} s, ` +
      `location ${report.location}`,
    ...table,
    ...(report.sentLatency
      ? [
          `counted from when they were sent and not from when they were due: p50 ${report.sentLatency.p50.toFixed(2)} ms, p99 ${report.sentLatency.p99.toFixed(2)} ms`,
        ]
      : []),
    `load tool used ${Math.round(report.cpu * 100)} % of one core`,
    ...(report.duplicates > 0 ? [`${report.duplicates} readings were in the table already`] : []),
    ...(failures.length > 0 ? [`errors, sent again: ${failures.join(', ')}`] : []),
    '',
  ].join('\n')
}

/** One line of progress. */
export const progressText = ({ seconds, stored, errors }: Progress): string =>
  `${seconds.toFixed(0)} s  ${stored} readings  ${(stored / seconds).toFixed(0)} TPS${errors > 0 ? `  ${errors} errors` : ''}`
