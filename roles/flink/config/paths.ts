/** The processes of Flink. */
export const processes = ['jobmanager', 'taskmanager'] as const
export type Process = (typeof processes)[number]

/** The unit of a process. */
export const unitOf = (process: Process): string => `flink-${process}`

/** Where a process finds its settings. */
export const settingsFolder = (process: Process): string => `/etc/flink/${process}`

/** The jars, of both. */
export const programFolder = '/opt/flink'

/** Everything that stays on a Pi. */
export const stateFolder = '/var/lib/flink'

/** State that outlives both processes. A TaskManager on another Pi needs it to be the same folder there. */
export const checkpointFolder = `${stateFolder}/checkpoints`
export const savepointFolder = `${stateFolder}/savepoints`

/** A process's own folder: what it needs while it runs, below `tmp`, and the one heap dump that is kept. */
export const scratchFolder = (process: Process): string => `${stateFolder}/${process}`

/** What a process needs while it runs; emptied at each start. */
export const temporaryFolder = (process: Process): string => `${scratchFolder(process)}/tmp`

/** Locked while a job is submitted in the TaskManager's place: its start waits for that. */
export const awayFile = `${scratchFolder('taskmanager')}/away`

/** Logs of garbage collection. */
export const logFolder = '/var/log/flink'

/** Where a start puts the keystores of a process: in memory, and gone with it. */
export const runFolder = (process: Process): string => `/run/${unitOf(process)}`

/** A Pi's key and certificate, and the certificate of the CA that only these processes have. */
export const tlsFiles = { own: '/etc/flink/tls/own.pem', ca: '/etc/flink/tls/ca.pem' } as const

/** What the JMX exporter of both tells. */
export const exporterFile = '/etc/flink/jmx-exporter.yaml'

/** How many TaskManagers the fleet has, on the Pi with the JobManager; for `status`. */
export const expectedFile = '/etc/flink/taskmanagers'
