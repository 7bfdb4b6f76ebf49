/** The processes of Flink. */
export const processes = ['jobmanager', 'taskmanager'] as const
export type Process = (typeof processes)[number]

/** Where a process finds its settings. */
export const settingsFolder = (process: Process): string => `/etc/flink/${process}`

/** The jars, of both. */
export const programFolder = '/opt/flink'

/** State that outlives both processes: checkpoints and savepoints. A TaskManager on another Pi needs it to be the same folder there. */
export const stateFolder = '/var/lib/flink/state'

/** What a process needs while it runs. */
export const scratchFolder = (process: Process): string => `/var/lib/flink/${process}`
