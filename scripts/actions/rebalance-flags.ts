/** The command line of `rebalance`. */
export interface RebalanceFlags {
  readonly check?: true
  readonly weights?: string
  readonly measure?: true
  readonly remove?: readonly string[]
  readonly resume?: true
  readonly abort?: true
  readonly acceptNewKeys?: true
  readonly yes?: true
}
