import { shares, type Name } from './inventory.ts'
import type { Measured } from './load.ts'
import type { Use } from './cpu.ts'

const percent = (part: number): string => `${Math.round(part * 100)} %`

/** `0.299 of 0.3, throttled 97 %`. */
const used = (name: Name, { cores, throttled }: Use): string => `${cores.toFixed(2)} of ${shares[name]}, throttled ${percent(throttled)}`

/** A measurement in a line. */
export function line(name: string, { report, use, machine }: Measured): string {
  const { p50, p99 } = report.latency
  const errors = Object.entries(report.errors).map(([code, count]) => `${count} × ${code}`).join(', ')
  return [
    name.padEnd(16), report.tps.toFixed(0).padStart(6), `${p50.toFixed(0)} / ${p99.toFixed(0)}`.padStart(11), ...(['a', 'b', 'loader'] as const).map(host => used(host, use[host]).padEnd(30)),
    percent(machine), errors,
  ].join('  ')
}

export const heading = ['', 'TPS', 'p50/p99 ms', 'a: cores', 'b: cores', 'loader: cores', 'machine'].map((text, at) => [text.padEnd(16), text.padStart(6), text.padStart(11), text.padEnd(30), text.padEnd(30), text.padEnd(30), text][at]).join('  ')
