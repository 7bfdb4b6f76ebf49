import { Command, CommanderError, Option } from 'commander-node18'
import { duration, list, positive, whole } from './arguments.ts'
import { agentCommand } from './commands/agent.ts'
import { copyByDayCommand } from './commands/copy-by-day.ts'
import type { CopyFlags } from './commands/copy-by-day.ts'
import { loadCommand } from './commands/load.ts'
import { onceCommand } from './commands/once.ts'
import { queueCommand } from './commands/queue.ts'
import type { LoadFlags } from './load/settings.ts'
import { Problem } from './problem.ts'
import { defaultSensor } from './sensor.ts'

const wrongUse = 64

const examples = `
The password comes from the environment variable COLLECT_PASSWORD or from --password-file.

Examples:
  collect --backend mariadb --threads 8 --duration 3m --host mysql.home
  collect --backend mariadb --threads 4 --inflight 16 --duration 30s --json
  collect --backend cassandra --threads 2 --inflight 64 --duration 3m --host 192.168.1.20,192.168.1.21 --keyspace temperature
  collect --backend mariadb --rate 50 --location test1 --note "first try"
  collect once
  collect agent --config /etc/collector/config.json
  collect queue --config /etc/collector/config.json
  collect copy-by-day --config /etc/collector/config.json --rate 1000
`

/** `unknownCommand` is in the library and not in its types. */
interface WithUnknownCommand {
  unknownCommand(): never
}

/** The command line. `entry` is the file that runs it, for the load tool's workers. */
function program(entry: URL): Command {
  const collect = new Command('collect')
    .description('Measures temperature. Without a command: a load tool that sends readings as fast as a backend takes them.')
    .exitOverride()
    .enablePositionalOptions()
    .allowExcessArguments()
    .showHelpAfterError('(see collect --help)')
    .addHelpText('after', examples)
    .addOption(new Option('--backend <name>', 'where to send').choices(['mariadb', 'cassandra']))
    .option('--threads <n>', 'connections (Cassandra: one a node and thread), spread over all cores', whole(1, 1000), 1)
    .option('--inflight <n>', 'inserts under way at a time on each connection', whole(1, 1000), 1)
    .option('--duration <time>', '30s, 3m, 1h', duration, duration('3m'))
    .option('--rate <n>', 'readings a second of all threads; latency then counts from when a reading was due', positive)
    .option('--location <name>', 'default: the host name')
    .option('--note <text>', 'stored with every reading', '')
    .option('--sensor <file>', 'thermal zone, read once a second', defaultSensor)
    .option(
      '--host <list>',
      'host or host:port, comma-separated; default 127.0.0.1. Cassandra: some of the nodes, the others are found',
      list,
    )
    .option('--port <n>', 'for hosts without one; default 3306, Cassandra 9042', whole(1, 65535))
    .option('--user <name>', 'default collector')
    .option('--password-file <file>', 'instead of COLLECT_PASSWORD')
    .option('--ca <file>', 'speak TLS, with servers whose certificate is signed with this one')
    .option('--server-name <name>', 'whom the certificate must be for; default: the host')
    .option('--database <name>', 'of MariaDB; default temperature')
    .option('--keyspace <name>', 'of Cassandra; default temperature')
    .option('--table <name>', 'default reading')
    .option('--by-day <name>', 'of Cassandra: its second table; default reading_by_day')
    .option('--no-by-day', 'of Cassandra: leave the second table out, to measure what it costs')
    .option('--datacenter <name>', 'of Cassandra: where its nodes are; default dc1')
    .option('--consistency <level>', 'of Cassandra: localOne (default), one, two, three, localQuorum, quorum, all')
    .option('--json', 'print the report as JSON')
    .action((flags: Partial<LoadFlags>) => load(collect, flags, entry))
  collect
    .command('agent')
    .description('measure at the configured interval and deliver, until stopped: what the service runs')
    .requiredOption('--config <file>', 'JSON config')
    .action(({ config }: { config: string }) => agentCommand(config))
  collect
    .command('once')
    .description('print the temperature now')
    .option('--sensor <file>', 'thermal zone', defaultSensor)
    .option('--json', 'print JSON')
    .action(({ sensor, json = false }: { sensor: string; json?: boolean }) => onceCommand(sensor, json))
  collect
    .command('queue')
    .description('print how many readings wait for each backend')
    .requiredOption('--config <file>', 'the agent’s JSON config')
    .option('--json', 'print JSON')
    .action(({ config, json = false }: { config: string; json?: boolean }) => queueCommand(config, json))
  collect
    .command('copy-by-day')
    .description('give Cassandra’s table by day the readings that were stored before it was there; may be cut off and run again')
    .requiredOption('--config <file>', 'the agent’s JSON config: it names the ring, the account and both tables')
    .option('--rate <n>', 'rows a second at most', positive, 500)
    .option('--progress <file>', 'where it is noted how far it has come', '/var/lib/collector/copy-by-day.json')
    .action((flags: CopyFlags) => copyByDayCommand(flags))
  return collect
}

async function load(collect: Command, flags: Partial<LoadFlags>, entry: URL): Promise<void> {
  if (collect.args.length > 0) (collect as unknown as WithUnknownCommand).unknownCommand()
  if (flags.backend === undefined) collect.error("error: required option '--backend <name>' not specified")
  await loadCommand(flags as LoadFlags, entry)
}

/** Runs `collect` with the arguments after its name. Returns the exit code: 0, 1 for a failure, 64 for wrong use. Other errors throw. */
export async function main(args: readonly string[], entry: URL): Promise<number> {
  try {
    await program(entry).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongUse
    if (!(error instanceof Problem)) throw error
    process.stderr.write(`collect: ${error.message}\n  ${error.remedy}\n`)
    return error.exitCode
  }
}
