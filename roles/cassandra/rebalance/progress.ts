import type { State } from './steps.ts'

/** What happens while a ring is rebalanced; `--json` prints them as they are, one a line. */
export type RebalanceEvent =
  | {
      readonly event: 'step'
      readonly step: number
      readonly of: number
      readonly state: State
      readonly node: string
      readonly does: string
    }
  | { readonly event: 'progress'; readonly node: string; readonly text: string }
  | {
      readonly event: 'done'
      readonly step: number
      readonly of: number
      readonly state: State
      readonly node: string
      readonly seconds: number
    }
  | { readonly event: 'waiting'; readonly node: string; readonly for: string }

export type OnRebalance = (event: RebalanceEvent) => void
