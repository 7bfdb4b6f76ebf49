import type { ShareFlags } from '../../engine/operation/index.ts'

/** The command line of `rebalance`. */
export interface RebalanceFlags extends ShareFlags {
  readonly acceptNewKeys?: true
  readonly yes?: true
}
