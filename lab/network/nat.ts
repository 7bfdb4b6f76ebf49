import type { Identity } from '../identity.ts'
import type { Command } from '../run.ts'
import type { Subnet } from './addressing.ts'

// -w: another program may hold the tables for a moment.
const nat = ['iptables', '-w', '10', '-t', 'nat'] as const
const filter = ['iptables', '-w', '10', '-t', 'filter'] as const

/** One of the two chains of a lab, and the rule that leads to it. */
export interface Chain {
  /** Makes the chain; fails when it is there. */
  readonly make: Command
  /** Exit code 0 when the chain is there. */
  readonly list: Command
  /** Empties and fills it; may be repeated. */
  readonly fill: readonly Command[]
  /** Exit code 0 when the jump is there. */
  readonly check: Command
  readonly jump: Command
  readonly unjump: Command
  readonly empty: Command
  readonly remove: Command
}

/** Hosts reach package mirrors through the machine: their packets leave under its address, and a strict FORWARD policy lets them pass. */
export function chains(id: Identity, subnet?: Subnet): Chain[] {
  const mark = ['-m', 'comment', '--comment', id.prefix, '-j', id.chain] as const
  return [
    chain(
      nat,
      id,
      'POSTROUTING',
      mark,
      subnet ? [[...nat, '-A', id.chain, '-s', subnet.cidr, '!', '-d', subnet.cidr, '-j', 'MASQUERADE']] : [],
    ),
    chain(filter, id, 'FORWARD', mark, [
      // `+`: and of the small bridges in a bad cable, where a machine has bridges filtered.
      [...filter, '-A', id.chain, '-i', `${id.prefix}+`, '-j', 'ACCEPT'],
      [...filter, '-A', id.chain, '-o', `${id.prefix}+`, '-j', 'ACCEPT'],
    ]),
  ]
}

function chain(
  table: readonly [string, ...string[]],
  id: Identity,
  from: string,
  mark: readonly string[],
  rules: readonly Command[],
): Chain {
  return {
    make: [...table, '-N', id.chain],
    list: [...table, '-n', '-L', id.chain],
    fill: [[...table, '-F', id.chain], ...rules],
    check: [...table, '-C', from, ...mark],
    jump: [...table, '-I', from, ...mark],
    unjump: [...table, '-D', from, ...mark],
    empty: [...table, '-F', id.chain],
    remove: [...table, '-X', id.chain],
  }
}
