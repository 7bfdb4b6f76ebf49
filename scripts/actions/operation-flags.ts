import type { ShareFlags } from '../../engine/operation/index.ts'

/** The command line of a long operation: `rebalance`, `rotate`. */
export interface OperationFlags extends ShareFlags {
  readonly acceptNewKeys?: true
  readonly yes?: true
}
