import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'
import type { StatusFlags } from './actions/status.ts'

const program = createProgram({
  name: 'status',
  description: 'How the roles of Pis stand: asks the Pis themselves, changes nothing.',
  examples: [
    ['status', 'every host of the fleet'],
    ['status mysql producers', 'a host and a group'],
    ['status --watch', 'again every five seconds, until Ctrl-C'],
    ['status --json | jq', 'for programs'],
  ],
})

program
  .argument('[pattern...]', 'names of hosts or groups, or globs; every host by default')
  .option('--watch [seconds]', 'ask again and again')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .action(async (patterns: string[], flags: StatusFlags) =>
    (await import('./actions/status.ts')).status(patterns, { ...program.opts<CommonOptions>(), ...flags }),
  )

await run(program)
