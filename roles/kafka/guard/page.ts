import { strictest } from './level.ts'
import type { Looked } from './round.ts'

/** What a guard tells. */
export interface GuardSeen {
  readonly free: number
  readonly floor: number
  /** Absent until the cluster answered. */
  readonly looked?: Looked
  /** Seconds since then. */
  readonly age: number
}

/** Figures for Prometheus. */
export function page({ free, floor, looked, age }: GuardSeen): string {
  const figures: readonly (readonly [string, string, number])[] = [
    ['kafka_guard_free_bytes', 'free where the broker keeps its readings', free],
    ['kafka_guard_floor_bytes', 'less free than this, and no broker takes readings', floor],
    ['kafka_guard_looked_seconds', 'since the cluster was asked, and told what this broker asks for', age],
    ...(looked
      ? ([
          ['kafka_guard_state', 'what this broker asks for: 0 take everything, 1 take little, 2 take nothing', looked.own],
          ['kafka_guard_taking', 'what the cluster does: 1 takes readings, 0 takes none', strictest(looked.holds) === 2 ? 0 : 1],
        ] as const)
      : []),
  ]
  const lines = figures.map(([name, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`)
  const holds = [...(looked?.holds ?? [])].filter(([, level]) => level > 0)
  const held = holds.map(([id, level]) => `kafka_guard_hold{broker="${id}"} ${level}\n`)
  return [...lines, '# HELP kafka_guard_hold what a broker asks for\n# TYPE kafka_guard_hold gauge\n', ...held].join('')
}
