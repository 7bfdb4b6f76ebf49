import { Command, CommanderError, Option } from 'commander-node18'
import { duration, positive, whole } from './arguments.ts'
import type { Kinds } from './backends/kind.ts'
import { agentCommand } from './commands/agent.ts'
import { deadLettersCommand, type DeadLetterFlags } from './commands/dead-letters.ts'
import { onceCommand } from './commands/once.ts'
import { queueCommand } from './commands/queue.ts'
import { sinkCommand, type SinkFlags } from './commands/sink.ts'
import { backendOptions } from './load/flags.ts'
import type { LoadFlags } from './load/settings.ts'
import { loadConfig } from './config.ts'
import { isStore, sources } from './sink/config.ts'
import { Problem } from './problem.ts'
import { defaultSensor } from './sensor.ts'

const wrongUse = 64

const helpAfter = (kinds: Kinds): string => `
The password comes from the environment variable COLLECT_PASSWORD or from --password-file.

Examples:
${[
  ...kinds.flatMap(({ examples }) => examples),
  'once',
  'agent --config /etc/collector/config.json',
  'queue --config /etc/collector/config.json',
  'sink --config /etc/sink/config.json',
  'dead-letters --config /etc/sink/config.json --replay',
]
  .map(words => `  collect ${words}\n`)
  .join('')}`

const sinkHelp = `
Sinks of one group share the work. A config for Kafka, and one for a broker of MQTT, which keeps what comes while the sink is away:
  { "from": { "type": "kafka", "hosts": ["192.168.1.30"], "user": "sink.mysql", "passwordFile": "kafka-password",
              "group": "sink.mariadb", "tls": { "ca": "/etc/sink/ca.pem" } },
    "to": { "type": "mariadb", "hosts": ["mysql.home"], "user": "sink-mysql", "passwordFile": "mariadb-password", "batch": 1000 } }
  { "from": { "type": "mqtt", "hosts": ["192.168.1.40"], "id": "sink.mysql", "certificate": "/etc/sink/own.pem",
              "tls": { "ca": "/etc/sink/ca.pem" } },
    "to": { "type": "mariadb", "hosts": ["mysql.home"], "user": "sink-mysql", "passwordFile": "mariadb-password", "batch": 1000 } }

Examples:
  collect sink --config /etc/sink/config.json
  collect sink --from kafka --to mariadb --config /etc/sink/config.json
  collect dead-letters --config /etc/sink/config.json
`

/** `unknownCommand` is in the library and not in its types. */
interface WithUnknownCommand {
  unknownCommand(): never
}

/** The command line. `entry` is the file that runs it, for the load tool's workers. */
function program(entry: URL, kinds: Kinds): Command {
  const collect = new Command('collect')
    .description('Measures temperature. Without a command: a load tool that sends readings as fast as a backend takes them.')
    .exitOverride()
    .enablePositionalOptions()
    .allowExcessArguments()
    .showHelpAfterError('(see collect --help)')
    .addHelpText('after', helpAfter(kinds))
    .addOption(new Option('--backend <name>', 'where to send').choices(kinds.map(({ type }) => type)))
    .option('--threads <n>', 'connections, spread over all cores; to a store of several nodes one each', whole(1, 1000), 1)
    .option('--inflight <n>', 'inserts under way at a time on each connection', whole(1, 100_000), 1)
    .option('--duration <time>', '30s, 3m, 1h', duration, duration('3m'))
    .option('--rate <n>', 'readings a second of all threads; latency then counts from when a reading was due', positive)
    .option('--location <name>', 'default: the host name')
    .option('--note <text>', 'stored with every reading', '')
    .option('--sensor <file>', 'thermal zone, read once a second', defaultSensor)
    .option('--password-file <file>', 'instead of COLLECT_PASSWORD')
    .option('--config <file>', 'the agent’s config, whose settings for the backend hold where no flag says otherwise')
    .option('--json', 'print the report as JSON')
    .option('--by-second', 'print a line of JSON each second, with HDR histograms of its latencies, before the report')
    .action((flags: Partial<LoadFlags>) => load(collect, flags, entry, kinds))
  for (const option of backendOptions(kinds)) collect.addOption(option)
  collect
    .command('agent')
    .description('measure at the configured interval and deliver, until stopped: what the service runs')
    .requiredOption('--config <file>', 'JSON config')
    .action(({ config }: { config: string }) => agentCommand(config, kinds))
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
    .action(({ config, json = false }: { config: string; json?: boolean }) => queueCommand(config, json, kinds))
  const stores = kinds.filter(isStore).map(({ type }) => type)
  collect
    .command('sink')
    .description('take readings from brokers and put each into a store once, until stopped: what the service of a consumer runs')
    .requiredOption('--config <file>', 'JSON config: from, to')
    .addOption(new Option('--from <kind>', 'what the config must say').choices([...sources]))
    .addOption(new Option('--to <kind>', 'what the config must say').choices(stores))
    .addHelpText('after', sinkHelp)
    .action((flags: SinkFlags) => sinkCommand(flags, kinds))
  collect
    .command('dead-letters')
    .description('print records that a sink can never store, with the reason')
    .requiredOption('--config <file>', 'the sink’s JSON config')
    .option('--replay', 'store them now; what is still refused stays a dead letter')
    .option('--json', 'print JSON')
    .action((flags: DeadLetterFlags) => deadLettersCommand(flags, kinds))
  for (const kind of kinds) kind.addCommands?.(collect, { configsOf: path => loadConfig(path, kinds).backends })
  return collect
}

async function load(collect: Command, flags: Partial<LoadFlags>, entry: URL, kinds: Kinds): Promise<void> {
  if (collect.args.length > 0) (collect as unknown as WithUnknownCommand).unknownCommand()
  if (flags.backend === undefined) collect.error("error: required option '--backend <name>' not specified")
  // The agent has no need of histograms.
  const { loadCommand } = await import('./commands/load.ts')
  await loadCommand(flags as LoadFlags, entry, kinds)
}

/** Runs `collect` with the arguments after its name. Returns the exit code: 0, 1 for a failure, 64 for wrong use. Other errors throw. */
export async function main(args: readonly string[], entry: URL, kinds: Kinds): Promise<number> {
  try {
    await program(entry, kinds).parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongUse
    if (!(error instanceof Problem)) throw error
    process.stderr.write(`collect: ${error.message}\n  ${error.remedy}\n`)
    return error.exitCode
  }
}
