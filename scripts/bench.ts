import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'
import type { CompareFlags } from './actions/bench-compare.ts'
import type { BenchFlags } from './actions/bench-run.ts'

const program = createProgram({
  name: 'bench',
  description:
    'Measures how many readings a second the fleet’s stores take, and what was full: the load tool that is deployed on the producers, ' +
    'started on all of them at the same moment. It deploys nothing.',
  examples: [
    [
      "bench run --backends mariadb,cassandra,kafka --threads 1,8,20 --producers 'producer*'",
      'each with each, three minutes; a table and three files',
    ],
    ['bench run --backends mariadb --threads 8 --rate 200 --duration 1m', '200 readings a second are due: how late do they get?'],
    ['bench run --backends awsiot --broker 192.168.1.40', 'a broker of one’s own in the place of AWS IoT'],
    ['bench run --backends mariadb --threads 8 --duration 20s --repeat 8 --out before', 'eight runs in one file'],
    ['bench compare before.json after.json', 'what differs, with intervals'],
    ['bench compare a1.json,a2.json,a3.json b1.json,b2.json,b3.json', 'the same of several files'],
  ],
})

program
  .command('run')
  .description('load, watch every host, name what was full')
  .requiredOption('--backends <list>', 'where to: mariadb, cassandra, kafka, mqtt, awsiot; several by commas')
  .option('--threads <list>', 'connections of each producer; several by commas', '1')
  .option('--producers <pattern...>', 'which hosts send; all that have a collector by default')
  .option('--duration <time>', 'how long each is measured, after its warm-up: 30s, 3m', '3m')
  .option('--repeat <n>', 'how often all of it is made, in turn: `compare` then knows how far runs lie apart', '1')
  .option('--rate <n>', 'readings a second of all together; latencies then count from when a reading was due')
  .option('--broker <host>', 'of MQTT: instead of the broker of the agents')
  .option('--out <name>', 'name of the files, without .json, .md and .html; default: FLEET-bench-TIME')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .action(async (flags: BenchFlags) => (await import('./actions/bench-run.ts')).benchRun({ ...program.opts<CommonOptions>(), ...flags }))

program
  .command('compare')
  .description('which trials of two sides differ; a side is a file of `bench run`, or several by commas')
  .argument('<a>', 'the side before')
  .argument('<b>', 'the side after')
  .option('--check', 'exit code 2 where a difference was seen')
  .action(async (a: string, b: string, flags: CompareFlags) =>
    (await import('./actions/bench-compare.ts')).benchCompare(a, b, { ...program.opts<CommonOptions>(), ...flags }),
  )

const known = ['mariadb', 'cassandra', 'kafka', 'mqtt', 'awsiot'].map(value => ({ value, meaning: '' }))
const spans = ['30s', '1m', '3m', '10m'].map(value => ({ value, meaning: '' }))
await run(program, {
  '--backends': () => Promise.resolve(known),
  '--duration': () => Promise.resolve(spans),
  '--producers': async () => (await import('./actions/bench-run.ts')).producerNames(),
})
