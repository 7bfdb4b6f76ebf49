import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'
import type { OperationFlags } from './actions/operation-flags.ts'

const program = createProgram({
  name: 'rebalance',
  description:
    'Gives each node of a cluster the share of the data its hardware can carry. ' +
    'Cassandra: nodes leave the ring and rejoin with other tokens, one at a time.',
  examples: [
    [
      'rebalance --check',
      'what each node owns, should own, and every command that gets it there; changes nothing, exit code 2 if anything would',
    ],
    ['rebalance', 'towards the weights of the inventory, or of the models'],
    ['rebalance --weights cassandra2=2,mysql=1', 'towards these'],
    ['rebalance --measure --check', 'weights from a short benchmark on each Pi'],
    ['rebalance cassandra2', 'only this node may move; one that is no node yet joins'],
    ['rebalance cassandra --check', 'the role by its name, where the fleet has two that can be rebalanced'],
    ['rebalance --remove mysql', 'this node leaves for good, its data goes to the others'],
    ['rebalance --resume --check', 'what is left of a run that was cut off'],
    ['rebalance --resume', 'goes on where it was cut off'],
    ['rebalance --abort', 'how the ring stands after a run was cut off, and leaves it so'],
  ],
})

program
  .argument('[role]', 'which cluster, where the fleet has two that can be rebalanced')
  .argument('[hosts...]', 'only these may move, every node by default')
  .option('--check', 'only say what would be done; exit code 2 if anything would')
  .option('--weights <list>', 'NAME=NUMBER,… instead of the inventory’s')
  .option('--measure', 'weights from a benchmark: about six seconds a Pi, which should be idle')
  .option('--remove <host...>', 'let these leave for good')
  .option('--resume', 'go on where a run was cut off')
  .option('--abort', 'leave the ring as a run that was cut off left it')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .option('-y, --yes', 'do not ask')
  .action(async (first: string | undefined, others: string[], options: OperationFlags) =>
    (await import('./actions/operate.ts')).operate('rebalance', first === undefined ? [] : [first, ...others], {
      ...program.opts<CommonOptions>(),
      ...options,
    }),
  )

await run(program, { role: async () => (await import('./actions/role-names.ts')).roleNames('rebalance') })
