/** What happens while an operation goes on; `--json` prints them as they are, one a line. */
export type OperationEvent =
  | {
      readonly event: 'step'
      readonly step: number
      readonly of: number
      readonly state: string
      readonly node: string
      readonly does: string
    }
  | { readonly event: 'progress'; readonly node: string; readonly text: string }
  | {
      readonly event: 'done'
      readonly step: number
      readonly of: number
      readonly state: string
      readonly node: string
      readonly seconds: number
    }
  | { readonly event: 'waiting'; readonly node: string; readonly for: string }

export type OnOperation = (event: OperationEvent) => void
