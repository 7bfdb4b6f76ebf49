/** What `up` and its kin tell while they work; a command prints them, a test ignores them. */
export type LabEvent =
  /** Something was begun or done for the whole lab. */
  | { readonly kind: 'step'; readonly text: string }
  /** Something the user should know though nothing failed. */
  | { readonly kind: 'warning'; readonly text: string }
  /** A long step goes on: one short line of what it does now; `seconds` since it began. */
  | { readonly kind: 'progress'; readonly text: string; readonly seconds: number }
  /** A host answers SSH; `seconds` from its start until then, 0 when it was up already. */
  | { readonly kind: 'host'; readonly host: string; readonly text: string; readonly seconds: number }

export type Listener = (event: LabEvent) => void
