import type { CommonOptions } from '../cli/options.ts'
import { createProgram, run } from '../cli/program.ts'
import type { BackupFlags, RestoreFlags, RunFlags } from './actions/backup.ts'

const program = createProgram({
  name: 'backup',
  description: 'What a fleet holds, kept elsewhere: streamed off the Pis without a copy on their cards, encrypted.',
  examples: [
    ['backup run', 'everything, into the folder beside the inventory (hosts/pi.backups); keeps the last 7'],
    ['backup run --role mariadb --keep 30', 'one role, and a month of days'],
    ['backup run --to restic:/mnt/disk/fleet', 'into a repository of restic, which is made where there is none'],
    ['backup list', 'which there are, how old, what they lack'],
    ['backup verify', 'reads all of the last one: checksums, and each part as what it is; exit code 1 if anything is damaged'],
    ['backup verify 20261126T094210Z --json | jq .damage', 'one of them, for a program'],
    ['backup restore --check', 'what would go where; changes nothing'],
    ['backup restore --role cassandra', 'what is missing comes back, into a ring of whatever size; newer rows stay'],
    ['backup restore --files restored', 'inventory, secrets and keys of the last backup, into a new folder of this machine'],
  ],
})
const actions = () => import('./actions/backup.ts')
const options = (): CommonOptions => program.opts<CommonOptions>()
const to = ['--to <place>', 'a folder, or restic:REPOSITORY; default: FLEET_BACKUPS, else the folder beside the inventory'] as const
const role = ['--role <name...>', 'only these roles'] as const
const keys = ['--accept-new-keys', 'trust the host keys of Pis that were never seen before'] as const

program
  .command('run')
  .description('take a backup now; exit code 1 if a host is missing in it')
  .option(...to)
  .option(...role)
  .option('--keep <n>', 'complete backups to keep; older ones are removed once this one is whole', '7')
  .option(...keys)
  .action(async (flags: RunFlags) => (await actions()).runBackup({ ...options(), ...flags }))
program
  .command('list')
  .description('print which backups there are, the newest last')
  .option(...to)
  .action(async (flags: BackupFlags) => (await actions()).listBackups({ ...options(), ...flags }))
program
  .command('verify')
  .description('read all of a backup; asks no Pi; exit code 1 if anything is damaged')
  .argument('[backup]', 'its name, as `backup list` has it; default: the last one')
  .option(...to)
  .action(async (id: string | undefined, flags: BackupFlags) => (await actions()).verifyBackup(id, { ...options(), ...flags }))
program
  .command('restore')
  .description('put back what is missing; what is there already, and what is newer, stays')
  .argument('[backup]', 'its name, as `backup list` has it; default: the last one')
  .option(...to)
  .option(...role)
  .option('--host <name...>', 'only onto these hosts')
  .option('--files <folder>', 'only the files of this machine, into a folder that is not there yet')
  .option('--check', 'only say what would be done; exit code 2 if anything would')
  .option(...keys)
  .option('-y, --yes', 'do not ask')
  .action(async (id: string | undefined, flags: RestoreFlags) => (await actions()).restoreBackup(id, { ...options(), ...flags }))

const roleNames = async () => (await import('./actions/backup-roles.ts')).backupRoles()

await run(program, { '--role': roleNames, backup: async () => (await actions()).backupNames() })
