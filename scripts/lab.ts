import { Argument } from 'commander'
import { faultKinds } from '../lab/fault/kinds.ts'
import type { CommonOptions } from '../cli/options.ts'
import type { FaultFlags } from './actions/lab-fault.ts'
import type { ScenarioFlags } from './actions/lab-scenario.ts'
import { createProgram, run } from '../cli/program.ts'

const program = createProgram({
  name: 'lab',
  description: 'Virtual Raspberry Pis on this machine. Needs Linux and root.',
  defaultInventory: "the project's hosts/lab.yaml",
  examples: [
    ['sudo npx lab up', 'boot the lab fleet'],
    ['sudo npx lab up mysql', 'only this host'],
    ['sudo npx lab ssh producer1', 'log in'],
    ['sudo npx lab exec mysql -- free -m', 'run a program inside, as root'],
    ['sudo npx lab fault cut producer1', 'pull its network cable; `fault heal` puts it back'],
    ['sudo npx lab fault loss producer1 producer2 --percent 20 --for 60', 'a bad network for a minute'],
    ['sudo npx lab snapshot ring', 'keep the cards as they are; `lab restore ring` puts them back'],
    ['sudo npx lab down', 'remove the lab with all it stored'],
  ],
})
const actions = () => import('./actions/lab.ts')
const options = (): CommonOptions => program.opts<CommonOptions>()

program
  .command('up')
  .description('boot hosts, all by default; mends what is broken, and may be repeated')
  .argument('[host...]', 'names of hosts')
  .action(async (hosts: string[]) => (await actions()).up(hosts, options()))
program
  .command('down')
  .description('remove the lab: hosts with what they stored, network, keys')
  .action(async () => (await actions()).down(options()))
program
  .command('status')
  .description('show the hosts with their limits and what they use')
  .action(async () => (await actions()).status(options()))
program
  .command('limits')
  .description('show what each host is given, and why')
  .action(async () => (await actions()).limits(options()))
program
  .command('ssh')
  .description('log in to a host, or run a command there, over the network')
  .argument('<host>', 'name of the host')
  .argument('[command...]', 'command line for its shell, after --')
  .action(async (host: string, command: string[]) => (await actions()).ssh(host, command, options()))
program
  .command('exec')
  .description('run a program inside a host as root, without the network')
  .argument('<host>', 'name of the host')
  .argument('<command...>', 'program and arguments, after --')
  .action(async (host: string, command: string[]) => (await actions()).exec(host, command, options()))
program
  .command('reset')
  .description('give hosts new cards: pristine, with the host keys they had')
  .argument('<host...>', 'names of hosts')
  .action(async (hosts: string[]) => (await actions()).reset(hosts, options()))
program
  .command('snapshot')
  .description('keep copies of all cards under a name, or list them; the hosts lose their power for it')
  .argument('[name]', 'small letters, digits and -')
  .option('--remove', 'remove that snapshot')
  .action(async (name: string | undefined, { remove = false }: { remove?: boolean }) => (await actions()).snapshot(name, remove, options()))
program
  .command('restore')
  .description('give all hosts the cards of a snapshot')
  .argument('<name>', 'see lab snapshot')
  .action(async (name: string) => (await actions()).restore(name, options()))
program
  .command('fault')
  .description('do something bad to hosts, measure that it is so, or heal them')
  .addArgument(new Argument('<kind>', 'what happens').choices([...Object.keys(faultKinds), 'heal', 'list']))
  .argument('[host...]', 'names of hosts; heal and list: all by default')
  .option('--for <seconds>', 'hold it so long in the foreground, then heal it; without: until `heal` or `lab up`')
  .option('--unit <unit>', 'kill, pause, clock: this unit only')
  .option('--from <host...>', 'partition: from these only')
  .option('--ms <milliseconds>', 'delay, jitter: how much, one way')
  .option('--percent <number>', 'loss: how many of a hundred packets, each way')
  .option('--kbit <number>', 'bandwidth: kilobits a second')
  .option('--kbytes <number>', 'slow-disk: kilobytes a second')
  .option('--share <number>', 'slow-cpu: of one core')
  .option('--seconds <number>', 'clock: how many seconds ahead, or below 0 behind')
  .addHelpText(
    'after',
    () =>
      `\nKinds:\n${Object.entries({ ...faultKinds, heal: 'ends all that was done to these hosts', list: 'what is in force' })
        .map(([kind, meaning]) => `  ${kind.padEnd(18)}${meaning}`)
        .join('\n')}`,
  )
  .action(async (kind: string, hosts: string[], flags: FaultFlags) =>
    (await import('./actions/lab-fault.ts')).fault(kind, hosts, flags, options()),
  )
program
  .command('scenario')
  .description('break a fleet at work by a file, count its readings, and judge; the lab is up and provisioned')
  .argument('[file...]', 'scenarios, e.g. lab/scenarios/mariadb-away.yaml')
  .option('--random', 'one by chance, too')
  .option('--seed <number>', 'of chance; the same seed does the same', '1')
  .option('--minutes <number>', 'how long chance has its way, about', '5')
  .option(
    '--store <kind>',
    'of a scenario by chance: mariadb, kafka or cassandra; default: the first that producers of numbered readings send to',
  )
  .option('--out <file>', 'the report; default: FLEET-scenarios.html in this folder')
  .option('--disarmed', 'inject nothing: each verdict must then be inconclusive, or proofs here are worth nothing')
  .action(async (files: string[], flags: ScenarioFlags) => (await import('./actions/lab-scenario.ts')).scenario(files, flags, options()))
program
  .command('watch-faults', { hidden: true })
  .argument('<file>', 'the fleet, as `lab fault` wrote it')
  .action(async (file: string) => (await import('./actions/lab-fault.ts')).watchFaults(file))

await run(program)
