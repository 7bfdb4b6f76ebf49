import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'

const program = createProgram({
  name: 'fleet',
  description: 'What an inventory says of a fleet, and what its Pis say of themselves.',
  examples: [
    ['fleet list', 'all hosts'],
    ["fleet list 'producer*' consumers", 'by pattern and by group'],
    ['fleet list --json', 'for programs'],
    ['fleet run producers -- uptime', 'a command on each of them'],
    ["fleet run -- 'df -h / | tail -1'", 'a command line on every host'],
    ['fleet check', 'is the inventory right? exit code 65 if not'],
    ['fleet facts mysql', 'ask a Pi what it is'],
  ],
})
const actions = () => import('./actions/fleet.ts')
const options = (): CommonOptions => program.opts<CommonOptions>()

program
  .command('list')
  .description('show hosts with address, model, roles and groups')
  .argument('[pattern...]', 'names of hosts or groups, or globs; all by default')
  .action(async (patterns: string[]) => (await actions()).list(patterns, options()))
program
  .command('check')
  .description('read the inventory and say what is wrong with it; asks no Pi; exit code 65 if anything is')
  .action(async () => (await actions()).check(options()))
program
  .command('facts')
  .description('ask Pis for release, architecture, memory, temperature')
  .argument('[pattern...]', 'names of hosts or groups, or globs; all by default')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .action(async (patterns: string[], { acceptNewKeys = false }: { acceptNewKeys?: boolean }) =>
    (await import('./actions/facts.ts')).facts(patterns, { ...options(), acceptNewKeys }),
  )
program
  .command('run')
  .description('run a command as root on hosts, all at once; exit code 1 if it fails on one')
  .argument('[pattern...]', 'names of hosts or groups, or globs; all by default; the command stands behind --')
  .option('--timeout <seconds>', 'how long it may take on each', '300')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .action(async (words: string[], flags: { timeout: string; acceptNewKeys?: true }) => {
    const at = process.argv.indexOf('--')
    const command = at < 0 ? [] : process.argv.slice(at + 1)
    await (await import('./actions/run.ts')).runOnHosts(words.slice(0, words.length - command.length), command, { ...options(), ...flags })
  })

await run(program)
