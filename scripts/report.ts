import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'
import type { ReportFlags } from './actions/report.ts'

const program = createProgram({
  name: 'report',
  description:
    'Pictures of a fleet as one HTML file: nothing to install, no server, no network. ' +
    'From the Prometheus of the fleet, over SSH; where there is none, temperatures from its databases.',
  examples: [
    ['report', 'the last day, into FLEET-report.html'],
    ['report --since 7d --out week.html', 'the last week'],
    ['report --from http://192.168.1.50:9090', 'from that Prometheus, over HTTP'],
    ['report --from http://anna@watch.example:9090', 'one that wants a password, which the variable REPORT_PASSWORD has'],
    ['report --json | jq .notes', 'what is missing, for programs; the file is written, too'],
  ],
})

program
  .option('--since <time>', 'how long before now: a number and m, h, d or w', '24h')
  .option('--out <file>', 'where to; default: FLEET-report.html in this folder')
  .option('--from <url>', 'a Prometheus to ask over HTTP, instead of the one of the fleet')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .action(async (flags: ReportFlags) => (await import('./actions/report.ts')).report({ ...program.opts<CommonOptions>(), ...flags }))

const spans = [
  { value: '6h', meaning: 'six hours' },
  { value: '24h', meaning: 'a day' },
  { value: '7d', meaning: 'a week' },
  { value: '30d', meaning: 'a month' },
]
await run(program, { '--since': () => Promise.resolve(spans) })
