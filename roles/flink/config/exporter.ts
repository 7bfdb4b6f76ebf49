import { stringify } from 'yaml'

/** The exporter's jar among the others. */
export const agentJar = 'jmx_prometheus_javaagent-1.0.1.jar'

const jobManager = ['numRegisteredTaskManagers', 'taskSlotsAvailable', 'taskSlotsTotal', 'numRunningJobs']
const job = [
  'runningState',
  'numRestarts',
  'numberOfCompletedCheckpoints',
  'numberOfFailedCheckpoints',
  'lastCheckpointDuration',
  'lastCheckpointSize',
]
const task = ['currentInputWatermark', 'backPressuredTimeMsPerSecond', 'numRecordsInPerSecond']

const domain = 'org.apache.flink'
// Which property of a bean stands first is Java's own affair.
const property = (name: string) => `(?=.*\\b${name}=([^,>]+))`
// Jobs of the fleet have their version behind their name, and go on as the same curve when it is another.
const jobName = '(?=.*\\bjob_name=([^,>]+?)(?:_[0-9a-f]{16})?[,>])'

/**
 * What Prometheus gets of either process. Flink's own reporter listens on every address of the Pi and cannot be told otherwise; this one listens where
 * it is told. Only beans that are named are asked for.
 */
export const jmxExporter = stringify(
  {
    lowercaseOutputName: true,
    lowercaseOutputLabelNames: true,
    includeObjectNames: [
      ...jobManager.map(name => `${domain}.jobmanager.${name}:*`),
      ...job.map(name => `${domain}.jobmanager.job.${name}:*`),
      ...task.map(name => `${domain}.taskmanager.job.task.${name}:*`),
      `${domain}.jobmanager.Status.JVM.Memory.Heap.Used:*`,
      `${domain}.taskmanager.Status.JVM.Memory.Heap.Used:*`,
    ],
    rules: [
      { pattern: `${domain}\\.jobmanager\\.job\\.(\\w+)<${jobName}.*><>Value`, name: 'flink_job_$1', labels: { name: '$2' } },
      {
        pattern: `${domain}\\.taskmanager\\.job\\.task\\.(\\w+)<${jobName}${property('task_name')}${property('subtask_index')}.*><>(Value|Rate)`,
        name: 'flink_task_$1',
        labels: { name: '$2', task: '$3', subtask: '$4' },
      },
      { pattern: `${domain}\\.\\w+\\.Status\\.JVM\\.Memory\\.Heap\\.Used<.*><>Value`, name: 'flink_heap_used_bytes' },
      { pattern: `${domain}\\.jobmanager\\.(\\w+)<.*><>Value`, name: 'flink_jobmanager_$1' },
    ],
  },
  { lineWidth: 0 },
)
