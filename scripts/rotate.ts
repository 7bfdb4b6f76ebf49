import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'
import type { OperationFlags } from './actions/operation-flags.ts'

const program = createProgram({
  name: 'rotate',
  description:
    'Gives a Pi a new key and a new certificate of AWS IoT. The old one stays good until a reading was acknowledged with the new one; ' +
    'then it is deactivated, detached and deleted.',
  examples: [
    ['rotate producer1 --check', 'every step, and what stands in the way; changes nothing, exit code 2 if anything would'],
    ['rotate producer1', 'a new key and certificate; readings wait in the queue for a second, none is lost'],
    ['rotate producer1 producer2 --yes', 'one after the other, and nobody is asked'],
    ['rotate --resume --check', 'what is left of a run that was cut off'],
    ['rotate --resume', 'goes on where it was cut off'],
    ['rotate --abort', 'back to the certificate it began with, as long as the new one was not proven'],
    ['rotate producer1 --check --json | jq .findings', 'what stands in the way, for a program'],
  ],
})

program
  .argument('[role]', 'whose keys, where the fleet has two roles with keys to renew')
  .argument('[hosts...]', 'whose key is renewed')
  .option('--check', 'only say what would be done; exit code 2 if anything would')
  .option('--resume', 'go on where a run was cut off')
  .option('--abort', 'give up a run that was cut off: the certificate of before stays')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .option('-y, --yes', 'do not ask')
  .action(async (first: string | undefined, others: string[], options: OperationFlags) =>
    (await import('./actions/operate.ts')).operate('rotate', first === undefined ? [] : [first, ...others], {
      ...program.opts<CommonOptions>(),
      ...options,
    }),
  )

await run(program, { role: async () => (await import('./actions/role-names.ts')).roleNames('rotate') })
