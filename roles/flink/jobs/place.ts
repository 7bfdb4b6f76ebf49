import { fileURLToPath } from 'node:url'
import type { Shell } from '../../../engine/resources/index.ts'
import { printsBytes, quote } from '../../../engine/shell.ts'
import type { Job } from './job.ts'
import type { InsteadOf, KeeperConfig } from './keeper/config.ts'

/** The keeper as source, and where things are on the JobManager's Pi. */
export const keeperEntry = fileURLToPath(new URL('keeper/flink-jobs.ts', import.meta.url))
export const keeperPath = '/usr/local/lib/flink/flink-jobs.cjs'
export const keeperConfigPath = '/etc/flink/jobs.json'
export const submitterFolder = '/opt/flink-submitter'
export const recordsFolder = '/var/lib/flink/jobs'
export const commandPath = '/usr/local/bin/flink-jobs'
const lock = `${recordsFolder}/lock`

/** MiB of heap of the program that submits; it is there for a moment. */
export const submitHeap = 96
/** MiB that it and the keeper hold at most while a job is submitted: seen were 215 and 45, all files they read among them. */
export const submissionMost = submitHeap + 176
/** The certificate of the fleet's CA, on all Pis with Flink: brokers and stores show certificates of it. Flink's own CA is another one. */
export const fleetCaFile = '/etc/flink/fleet-ca.pem'

/** The keeper's config. `opens`: flags that Flink's JVMs have to look into the JDK's classes. */
export const keeperConfig = (
  rest: KeeperConfig['rest'],
  places: Pick<KeeperConfig, 'checkpoints' | 'savepoints'>,
  submitter: {
    readonly jars: string
    readonly settings: string
    readonly opens: readonly string[]
    readonly log4j: string
    readonly insteadOf?: InsteadOf
  },
): KeeperConfig => ({
  rest,
  folder: recordsFolder,
  ...places,
  submitter: {
    java: '/usr/bin/java',
    flags: [
      `-Xmx${submitHeap}m`,
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:-UsePerfData',
      '-Djava.awt.headless=true',
      `-Dlog4j.configurationFile=file:${submitter.log4j}`,
      ...submitter.opens,
    ],
    classPath: `${submitterFolder}:${submitter.jars}/*`,
    settings: submitter.settings,
    scratch: recordsFolder,
    patience: 300,
    ...(submitter.insteadOf && { insteadOf: submitter.insteadOf }),
  },
})

const keeper = `/usr/bin/node ${keeperPath} ${keeperConfigPath}`
/** As Flink's user, for what it writes is Flink's, and with the lock. */
const alone = (words: string): Shell => `setpriv --reuid=flink --regid=flink --init-groups -- flock -w 300 ${lock} ${keeper} ${words}`

/** Asks what is wanted, known and seen of jobs, as a line of JSON; nothing where there is no keeper yet. */
export const asksJobs: Shell = `[ -e ${keeperPath} ] && [ -d ${recordsFolder} ] && ${keeper} ask 2>/dev/null`

/** Says which jobs there are to be, and waits until they are, for so many seconds. Passwords travel on standard input. */
export const wantsJobs = (jobs: readonly Job[], patience: number): Shell =>
  `{ ${printsBytes(JSON.stringify(jobs))}} | ${alone(`want ${patience}`)}`

/** Asks how jobs are: a line of JSON for `readHealth`. */
export const asksHealth: Shell = `${keeper} health`

/** A person's `flink-jobs`. */
export const jobsCommand = `#!/bin/sh
# Written by provision.
#   flink-jobs              how the jobs are, as JSON
#   flink-jobs drop NAME    goes on without the state that nothing reads any more
#   flink-jobs anew NAME    begins with the first reading of the topic; what is there is written over
#   flink-jobs left         folders of checkpoints and savepoints that no job goes on from, and their size
case "$1" in
'') exec ${keeper} health ;;
drop|anew) exec ${alone('"$1" "$2"')} ;;
left) ${keeper} left | xargs -r du -sh ;;
*) sed -n '3,6s/^# *//p' "$0" >&2; exit 64 ;;
esac
`

/** Looks after jobs once: what is owed, what a JobManager forgot when it ended. With the submitter's memory, bounded. */
export const keeperUnit = (sandbox: string): string => `# Written by provision.
[Unit]
Description=Jobs of Flink, each from where it was
After=flink-jobmanager.service

[Service]
Type=oneshot
User=flink
Group=flink
ExecStart=${['/usr/bin/flock', '-E', '0', '-w', '60', lock, ...keeper.split(' '), 'keep', '60'].map(quote).join(' ')}
TimeoutStartSec=900
MemoryMax=${submissionMost}M
UMask=0077
${sandbox}
ReadWritePaths=/var/lib/flink
`

export const keeperTimer = `# Written by provision.
[Unit]
Description=Looks after the jobs of Flink

[Timer]
OnBootSec=60
OnUnitInactiveSec=30
AccuracySec=5

[Install]
WantedBy=timers.target
`
