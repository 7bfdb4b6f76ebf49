import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'
import type { ProvisionFlags } from './actions/provision.ts'

const program = createProgram({
  name: 'provision',
  description: 'Brings Pis to the state the inventory describes, and changes only what differs.',
  examples: [
    ['provision', 'every host of the fleet'],
    ['provision cassandra2', 'one host'],
    ["provision 'producer*' consumers", 'by pattern and by group'],
    ['provision --check --diff mysql', 'what would change, line by line; changes nothing, exit code 2 if anything would'],
    ['provision producer1 --role collector', 'one role of it'],
    ['provision --failed', 'only those that failed the last time'],
    ['provision mysql --purge', 'roles it has no more leave nothing behind but their data'],
    ['provision --upgrade --check', 'what newer packages and products there are'],
    ['provision --upgrade mariadb', 'a backup first, then its packages, one host after the other'],
    ['provision producers --deploy', 'what AWS IoT has to know of them as well: deployed, put in place, and seen at work'],
    ['provision --json | jq .', 'an event a line'],
  ],
})

program
  .argument('[pattern...]', 'names of hosts or groups, or globs; every host by default')
  .option('--check', 'only say what would change; exit code 2 if anything would')
  .option('--diff', 'show how files change')
  .option('--role <name...>', 'only these roles')
  .option('--failed', 'only hosts whose last run failed')
  .option('--list', 'only print the hosts that are meant, one a line')
  .option('--purge', 'remove what roles made that a host has no more; they are stopped in any case, and their data stays')
  .option('--purge-data <role...>', 'the same, and remove the data of these roles for good; asks, unless --yes is given')
  .option('--upgrade [role]', 'newer packages and products, one host after the other with a look in between; of one role, or of all')
  .option('--no-backup', 'with --upgrade: take no backup first')
  .option('--deploy', 'have made what roles need beyond the fleet, e.g. certificates of AWS IoT, put it in place and see it at work')
  .option('--parallel <n>', 'hosts at a time', '10')
  .option('--accept-new-keys', 'trust the host keys of Pis that were never seen before')
  .option('-y, --yes', 'do not ask')
  .action(async (patterns: string[], options: ProvisionFlags) => {
    const flags = { ...program.opts<CommonOptions>(), ...options }
    if (options.upgrade === undefined) await (await import('./actions/provision.ts')).provisionHosts(patterns, flags)
    else await (await import('./actions/upgrade.ts')).upgrade(patterns, flags)
  })

const roleNames = async () => (await import('./actions/role-names.ts')).roleNames()

await run(program, { '--role': roleNames, '--purge-data': roleNames })
