import type { AlertRule, Panel } from '../offers.ts'
import { keptOf } from './config/settings.ts'
import type { FlinkVars } from './vars.ts'

/** The part of what is meant for checkpoints from which on somebody is told. */
export const checkpointsNear = 0.8

/** What the JobManager tells. */
export const rulesOf = (vars: Pick<FlinkVars, 'checkpoints' | 'checkpointInterval' | 'retained'>): readonly AlertRule[] => [
  {
    alert: 'FlinkJobDown',
    expr: 'flink_job_runningstate == 0',
    for: '5m',
    severity: 'critical',
    summary: 'The job {{ $labels.name }} does not run.',
  },
  {
    alert: 'FlinkCheckpointOld',
    expr: 'increase(flink_job_numberofcompletedcheckpoints[15m]) == 0 and flink_job_runningstate == 1',
    for: '5m',
    severity: 'warning',
    summary: 'The job {{ $labels.name }} has made no checkpoint for 15 minutes: after a failure it does all since the last one again.',
  },
  {
    alert: 'FlinkJobRestarts',
    expr: 'increase(flink_job_numrestarts[30m]) > 3',
    severity: 'warning',
    summary: 'The job {{ $labels.name }} fails and starts again and again.',
  },
  {
    alert: 'FlinkWithoutTaskManager',
    expr: 'flink_jobmanager_numregisteredtaskmanagers == 0',
    for: '5m',
    severity: 'critical',
    summary: 'No TaskManager is registered at {{ $labels.host }}: no job runs.',
  },
  {
    alert: 'FlinkCheckpointsLarge',
    // As large as their last one, all that are kept of each job.
    expr: `sum by (host) (flink_job_lastcheckpointsize) * ${keptOf(vars)} > ${checkpointsNear * vars.checkpoints * 2 ** 20}`,
    for: '10m',
    severity: 'warning',
    summary: `Checkpoints at {{ $labels.host }} come near the ${vars.checkpoints} MiB that are meant for them.`,
  },
]

export const panels: readonly Panel[] = [
  {
    title: 'Slots',
    curves: [
      { expr: 'flink_jobmanager_taskslotstotal', legend: 'all' },
      { expr: 'flink_jobmanager_taskslotsavailable', legend: 'free' },
    ],
  },
  { title: 'Last checkpoint took', unit: 'ms', curves: [{ expr: 'flink_job_lastcheckpointduration', legend: '{{name}}' }] },
  { title: 'Last checkpoint', unit: 'bytes', curves: [{ expr: 'flink_job_lastcheckpointsize', legend: '{{name}}' }] },
  { title: 'Heap', unit: 'bytes', curves: [{ expr: 'flink_heap_used_bytes', legend: '{{host}}' }] },
]

/** What a TaskManager tells. */
export const taskPanels: readonly Panel[] = [
  {
    title: 'Records taken a second',
    unit: 'ops',
    curves: [{ expr: 'sum by (host, name, task) (flink_task_numrecordsinpersecond)', legend: '{{name}} {{task}} {{host}}' }],
  },
  {
    title: 'Behind the clock, by watermark',
    unit: 's',
    // Before the first watermark it is the least number there is.
    curves: [{ expr: 'time() - min by (name, task) (flink_task_currentinputwatermark > 0) / 1000', legend: '{{name}} {{task}}' }],
  },
  {
    title: 'Held up by what comes after',
    unit: 'ms',
    curves: [{ expr: 'max by (name, task) (flink_task_backpressuredtimemspersecond)', legend: '{{name}} {{task}}' }],
  },
  { title: 'Heap', unit: 'bytes', curves: [{ expr: 'flink_heap_used_bytes', legend: '{{host}}' }] },
]
