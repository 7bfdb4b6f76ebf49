import * as z from 'zod'
import { listenVar } from '../../engine/listen.ts'
import { jobNames } from './jobs/names.ts'

const port = z.number().int().min(1024).max(65535)
const seconds = z.number().int().min(1).max(86400)

/** What a Pi with Flink may be told; the schema is also the documentation. */
export const flinkVars = z.strictObject({
  processes: z
    .enum(['both', 'jobmanager', 'taskmanager'])
    .default('both')
    .describe('what runs on this Pi: the JobManager, of which a fleet has one, a TaskManager, which does the work of jobs, or both'),
  slots: z
    .number()
    .int()
    .min(1)
    .max(32)
    .optional()
    .describe(
      'pieces of jobs that run on this Pi at a time; absent: one for each 10 of the computing weight of the model, ' +
        'no more than cores, fewer where memory is short',
    ),
  state: z
    .enum(['hashmap', 'rocksdb'])
    .default('hashmap')
    .describe('where jobs keep what they know: on the heap, or on the card with caches in memory; the same on all Pis'),
  jobs: z
    .array(z.enum(jobNames))
    .refine(names => new Set(names).size === names.length, 'must name each job once')
    .default([])
    .describe('jobs of the fleet, by their files in roles/flink/jobs; said for the host with the JobManager, or for all alike'),
  group: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,200}$/, 'letters, digits and . _ - only')
    .default('flink')
    .describe('as which group jobs read the topic; it shows how far they are, and decides nothing'),
  store: z.string().optional().describe('host whose MariaDB jobs write to, where the fleet has several'),
  silentAfter: z
    .number()
    .int()
    .min(2)
    .max(1000)
    .default(5)
    .describe(
      'intervals of the slowest producer, and a minute at least, without a reading: then `anomalies` says that a location is silent',
    ),
  shared: z
    .boolean()
    .default(false)
    .describe(
      'one folder of all Pis with Flink is mounted at /var/lib/flink/checkpoints, and one at /var/lib/flink/savepoints; ' +
        'needed where Flink runs on more than one',
    ),
  checkpoints: z
    .number()
    .int()
    .min(16)
    .max(1_000_000)
    .default(512)
    .describe('MiB that checkpoints and savepoints may take together; `status` tells when four fifths are taken'),
  checkpointInterval: seconds.default(30).describe('seconds between two checkpoints of a job that says nothing else'),
  retained: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe(
      'checkpoints of a job that are kept; more where they are made often, so that one of them is on the card when the power is cut',
    ),
  restartDelay: seconds.default(1).describe('seconds until a job that failed starts again; twice as long each time'),
  restartDelayMost: seconds.default(120).describe('seconds that this delay grows to'),
  rpcPort: port.default(6123).describe('JobManager: where TaskManagers speak to it, TLS with certificates on both sides'),
  blobPort: port.default(6124).describe('JobManager: where TaskManagers get the code of jobs, in the same way'),
  pagesPort: port.default(8081).describe('JobManager: its pages and REST, on its own Pi only; see `fleet open`'),
  jobQueryPort: port.default(6125).describe('JobManager: where its pages ask for figures'),
  taskPort: port.default(6122).describe('TaskManager: where the JobManager speaks to it'),
  dataPort: port.default(6121).describe('TaskManager: where records come from other TaskManagers'),
  taskQueryPort: port.default(6126).describe('TaskManager: where the pages ask for figures'),
  metricsPort: port.default(9407).describe('JMX exporter of the JobManager, for Prometheus'),
  taskMetricsPort: port.default(9408).describe('JMX exporter of the TaskManager, for Prometheus'),
  metricsListen: listenVar.describe(
    'where the JMX exporters listen: 0.0.0.0 or :: for everybody, 127.0.0.1 for this Pi alone; absent: the address of the inventory',
  ),
})

export type FlinkVars = z.output<typeof flinkVars>

/** Variables that are ports, each of one process. */
export const portNames = [
  'rpcPort',
  'blobPort',
  'pagesPort',
  'jobQueryPort',
  'taskPort',
  'dataPort',
  'taskQueryPort',
  'metricsPort',
  'taskMetricsPort',
] as const satisfies readonly (keyof FlinkVars)[]
