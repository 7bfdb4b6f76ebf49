import type { Bits } from '../memory/place.ts'
import { jvmSizes, sizeFlags } from '../memory/jvm.ts'
import type { FlinkPlan } from '../memory/plan.ts'
import { agentJar } from './exporter.ts'
import { exporterFile, logFolder, programFolder, scratchFolder, settingsFolder, temporaryFolder, type Process } from './paths.ts'

/** Flink's serializers look into classes of the JDK, which Java from 17 on must be told. */
const opened = [
  'lang',
  'net',
  'io',
  'nio',
  'lang.reflect',
  'text',
  'time',
  'util',
  'util.concurrent',
  'util.concurrent.atomic',
  'util.concurrent.locks',
]

/** Flags by which a JVM with Flink may look there: those of its processes, and of what submits jobs. */
export const openFlags: readonly string[] = [
  ...opened.map(name => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-exports=java.base/sun.net.util=ALL-UNNAMED',
]

/**
 * Seconds that its RPC may take to start. Flink writes its own option for that (`pekko.startup-timeout`) under a name that Pekko does not read, so
 * it were 10: a busy Pi takes longer, and each start of a JobManager ended with "Futures timed out after [10000 milliseconds]".
 */
const startPatience = '-Dpekko.remote.classic.startup-timeout=300s'

/**
 * The argument file of a process's JVM, whose exporter listens at `metrics` (address and port). Logs of garbage collection are three files at most;
 * of a heap that ran over one dump is kept, the first.
 * @throws Error where the plan has no such process
 */
export function jvmOptions(plan: FlinkPlan, process: Process, bits: Bits, metrics: string): string {
  const planned = process === 'jobmanager' ? plan.jobManager : plan.taskManager
  if (planned === undefined) throw new Error(`no ${process} is planned here`)
  return `${[
    ...sizeFlags(jvmSizes(planned.memory), planned.native, bits),
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:+HeapDumpOnOutOfMemoryError',
    `-XX:HeapDumpPath=${scratchFolder(process)}/heap.hprof`,
    `-Xlog:gc*:file=${logFolder}/${process}-gc.log:time,tags:filecount=2,filesize=1m`,
    `-javaagent:${programFolder}/lib/${agentJar}=${metrics}:${exporterFile}`,
    '-XX:-UsePerfData',
    '-XX:+ErrorFileToStdout',
    '-Djava.awt.headless=true',
    `-Djava.io.tmpdir=${temporaryFolder(process)}`,
    `-Dlog4j.configurationFile=file:${settingsFolder(process)}/log4j.properties`,
    startPatience,
    ...openFlags,
  ].join('\n')}\n`
}

/** Everything goes to the journal, which is bounded. */
export const log4j = `# Written by provision.
status=warn
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%-5level %logger{1} - %msg%n
rootLogger.level=info
rootLogger.appenderRef.console.ref=console
# A line for each setting at each start, and each message between the processes.
logger.config.name=org.apache.flink.configuration.GlobalConfiguration
logger.config.level=warn
logger.pekko.name=org.apache.pekko
logger.pekko.level=warn
logger.kafka.name=org.apache.kafka
logger.kafka.level=warn
`
