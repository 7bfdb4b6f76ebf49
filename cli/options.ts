/** Options that mean the same in every command. */
export interface CommonOptions {
  readonly inventory?: string
  readonly json?: true
}
