import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'
import type { InitFlags } from './actions/init.ts'
import type { LogsFlags } from './actions/logs.ts'
import type { OpenFlags } from './actions/open.ts'
import type { ReplaceFlags } from './actions/replace/index.ts'

const program = createProgram({
  name: 'fleet',
  description: 'What an inventory says of a fleet, and what its Pis say of themselves.',
  examples: [
    ['fleet init', 'asks for your Pis, looks what they are, and writes hosts/pi.yaml'],
    ['fleet init --host producer1=192.168.1.21 --user anna', 'the same without questions'],
    ['fleet list', 'all hosts'],
    ["fleet list 'producer*' consumers", 'by pattern and by group'],
    ['fleet list --json', 'for programs'],
    ['fleet run producers -- uptime', 'a command on each of them'],
    ["fleet run -- 'df -h / | tail -1'", 'a command line on every host'],
    ['fleet check', 'is the inventory right? exit code 65 if not'],
    ['fleet facts mysql', 'ask a Pi what it is'],
    ['fleet logs producer1 collector -f', 'what a role writes, until Ctrl-C'],
    ["fleet logs mysql --since '-1h'", 'what all its roles wrote in the last hour'],
    ['fleet open flink', 'a way to a page that listens on its own Pi only, until Ctrl-C; says where to look'],
    ['fleet replace mysql --check', 'its card died: what would be done, and what is lost'],
    ['fleet replace mysql', 'an empty card becomes the host it was; cut anywhere, the same command goes on'],
    ['fleet replace mysql --base raspios-lite.img.xz --out mysql.img', 'the same, the image of the card first'],
    ['fleet dashboards --out dashboards', 'what roles have to show, as files for a Grafana of yours'],
  ],
})
const actions = () => import('./actions/fleet.ts')
const options = (): CommonOptions => program.opts<CommonOptions>()

program
  .command('init')
  .description('write an inventory of your Pis; asks them what they are, and never overwrites a file')
  .option('--host <name=address...>', 'a Pi: NAME=[USER@]ADDRESS[:PORT]; asked for on a terminal where none is named')
  .option('--user <name>', 'who logs in where no USER is named; default: pi, else your own name')
  .option('--fleet <name>', "name of the fleet; default: the file's")
  .option('--identity <file>', 'private key to log in with; default: your agent and the usual keys')
  .option('--known-hosts <file>', 'where host keys are known; default: your own ~/.ssh/known_hosts')
  .option('--offline', 'ask no Pi, write what is named')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .action(async (flags: InitFlags) => (await import('./actions/init.ts')).init({ ...options(), ...flags }))
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
  .command('logs')
  .description('print what the units of its roles wrote into the journal of a Pi')
  .argument('<host>', 'name of the host')
  .argument('[role]', 'only this role')
  .option('-f, --follow', 'go on with what is written from now on, until Ctrl-C')
  .option('--since <time>', 'from then on, as journalctl takes it: -1h, yesterday, "2026-05-01 12:00"')
  .option('-n, --lines <n>', 'at most so many of the last lines', '100')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .action(async (host: string, role: string | undefined, flags: LogsFlags) =>
    (await import('./actions/logs.ts')).logs(host, role, { ...options(), ...flags }),
  )
program
  .command('open')
  .description("say where the page of a role is; where it listens on its own Pi's loopback only, make a way there until Ctrl-C")
  .argument('<role>', 'whose page')
  .argument('[host]', 'name of the host, where several have one')
  .option('--port <n>', 'port on this machine; default: the same as there, or a free one')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .addHelpText(
    'after',
    `
Examples:
  fleet open flink              # http://127.0.0.1:8081/, as long as it runs
  fleet open flink --port 9000  # http://127.0.0.1:9000/
  fleet open prometheus watch   # an address that is open to the network is only told`,
  )
  .action(async (role: string, host: string | undefined, flags: OpenFlags) =>
    (await import('./actions/open.ts')).open(role, host, { ...options(), ...flags }),
  )
program
  .command('dashboards')
  .description('write a dashboard for each kind of figures the fleet has, as files that Grafana imports; asks no Pi')
  .option('--out <folder>', 'where to', 'dashboards')
  .action(async ({ out }: { out: string }) => (await import('./actions/dashboards.ts')).dashboards(out, options()))
program
  .command('replace')
  .description('the card of a host died: make an empty one the host it was, with all that can be had; says first what is lost')
  .argument('<host>', 'name of the host')
  .option('--base <image>', 'write the image of its card first, of this Raspberry Pi OS')
  .option('--out <file>', 'the image to make')
  .option('--sha256 <sum>', 'what the base must be; the file BASE.sha256 is taken where it is there')
  .option('--host-key <fingerprint>', 'key of a card that `image write` has not made, as the Pi itself shows it: SHA256:…')
  .option('--to <place>', 'where backups lie: a folder, or restic:REPOSITORY; default: FLEET_BACKUPS, else the folder beside the inventory')
  .option('--wait <minutes>', 'how long it is waited for the card to answer', '15')
  .option('--check', 'only say what would be done, and what is lost; exit code 2')
  .option('--abort', 'leave a replacement that was cut off as it stands')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .option('-y, --yes', 'do not ask')
  .action(async (host: string, flags: ReplaceFlags) =>
    (await import('./actions/replace/index.ts')).replace(host, { ...options(), ...flags }),
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

await run(program, { role: async () => (await import('./actions/role-names.ts')).roleNames() })
