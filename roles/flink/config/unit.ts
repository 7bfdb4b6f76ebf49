import { sandbox } from '../../../engine/sandbox.ts'
import { checkpointFolder, programFolder, savepointFolder, scratchFolder, settingsFolder, unitOf, type Process } from './paths.ts'
import { startPath, startTimeout } from './start.ts'

const main: Readonly<Record<Process, string>> = {
  jobmanager: 'org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint',
  taskmanager: 'org.apache.flink.runtime.taskexecutor.TaskManagerRunner',
}

/** What runs a process: java itself, and no script of Flink's between. */
export const command = (process: Process): readonly string[] => [
  '/usr/bin/java',
  `@${settingsFolder(process)}/jvm.options`,
  '-cp',
  `${programFolder}/lib/*`,
  main[process],
  '--configDir',
  settingsFolder(process),
  ...(process === 'jobmanager' ? ['--executionMode', 'cluster'] : []),
]

const below = (folder: string) => folder.replace('/var/lib/', '')

/** Where checkpoints are: made by the unit, or mounted by a person for all Pis, whose owner stays. */
const shares = (shared: boolean) =>
  shared
    ? `ReadWritePaths=${checkpointFolder} ${savepointFolder}\n`
    : `StateDirectory=${below(checkpointFolder)} ${below(savepointFolder)}\n`

/** A unit that runs java directly. `shared`: all Pis have one folder for checkpoints; `makesWay`: its start may wait for a submission. */
export const unit = (process: Process, shared = false, makesWay = false): string => `# Written by provision.
[Unit]
Description=Flink's ${process === 'jobmanager' ? 'JobManager' : 'TaskManager'}
After=network-online.target time-sync.target
Wants=network-online.target
${shared ? `RequiresMountsFor=${checkpointFolder} ${savepointFolder}\n` : ''}
[Service]
User=flink
Group=flink
Environment=MALLOC_ARENA_MAX=2
RuntimeDirectory=${unitOf(process)}
RuntimeDirectoryMode=0700
LogsDirectory=flink
LogsDirectoryMode=0750
ExecStartPre=${startPath(process)}
ExecStart=${command(process).join(' ')}
# 143: ended by SIGTERM, as asked.
SuccessExitStatus=143
# A TaskManager ends itself when it has not found its JobManager for five minutes.
Restart=always
RestartSec=10
${makesWay ? `TimeoutStartSec=${startTimeout}\n` : ''}TimeoutStopSec=60
LimitNOFILE=65536
UMask=0027
StateDirectory=${below(scratchFolder(process))}
${shares(shared)}StateDirectoryMode=0750
${sandbox}
# Its compiler writes code, so memory may be both writable and executable.
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
