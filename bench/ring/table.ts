import { shares, type Name } from './inventory.ts'
import { tpsOf, type Measured } from './load.ts'
import type { Use } from './cpu.ts'

const percent = (part: number): string => `${Math.round(part * 100)} %`

/** `0.299 of 0.3, throttled 97 %`. */
const used = (name: Name, { cores, throttled }: Use): string => `${cores.toFixed(2)} of ${shares[name]}, throttled ${percent(throttled)}`

/** A measurement in a line. */
export function line(name: string, measured: Measured): string {
  const { reports, use, machine } = measured
  const latencies = reports.map(({ latency: { p50, p99 } }) => `${p50.toFixed(0)} / ${p99.toFixed(0)}`).join(', ')
  const errors = reports
    .flatMap(report => Object.entries(report.errors))
    .map(([code, count]) => `${count} × ${code}`)
    .join(', ')
  return [
    name.padEnd(16),
    tpsOf(measured).toFixed(0).padStart(6),
    latencies.padStart(20),
    ...(['a', 'b', 'loader'] as const).map(host => used(host, use[host]).padEnd(30)),
    percent(machine),
    errors,
  ].join('  ')
}

export const heading = ['', 'TPS', 'p50/p99 ms', 'a: cores', 'b: cores', 'loader: cores', 'machine']
  .map((text, at) => [text.padEnd(16), text.padStart(6), text.padStart(20), text.padEnd(30), text.padEnd(30), text.padEnd(30), text][at])
  .join('  ')
