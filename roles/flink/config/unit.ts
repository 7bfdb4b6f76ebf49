import { sandbox } from '../../../engine/sandbox.ts'
import { programFolder, scratchFolder, settingsFolder, stateFolder, type Process } from './paths.ts'

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

/** A unit that runs java directly. */
export const unit = (process: Process): string => `# Written by provision.
[Unit]
Description=Flink's ${process === 'jobmanager' ? 'JobManager' : 'TaskManager'}
After=network-online.target time-sync.target
Wants=network-online.target

[Service]
User=flink
Group=flink
Environment=MALLOC_ARENA_MAX=2
ExecStart=${command(process).join(' ')}
# 143: ended by SIGTERM, as asked.
SuccessExitStatus=143
# A TaskManager ends itself when it has not found its JobManager for five minutes.
Restart=always
RestartSec=10
TimeoutStopSec=60
LimitNOFILE=65536
UMask=0027
StateDirectory=${below(scratchFolder(process))} ${below(stateFolder)}
StateDirectoryMode=0750
${sandbox}
# Its compiler writes code, so memory may be both writable and executable.
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
