import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packMaven } from '../../engine/artifacts/index.ts'
import { pom } from '../../roles/kafka/artifact.ts'

/** Whom to send to, and as whom. */
export interface Target {
  /** host:port */
  readonly at: string
  readonly ca: string
  readonly user: string
  readonly password: string
  readonly topic: string
}

/** What a producer did. */
export interface Sent {
  /** Records a second. */
  readonly rate: number
  /** CPU of the producer for each record, in microseconds; of Java's with its start and its warm-up. */
  readonly cpu: number
}

/** Kafka's own `kafka-producer-perf-test`, in a folder of its own: no Pi has it. */
export class PerfTest {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async unpack(directory: string): Promise<PerfTest> {
    const tools = join(directory, 'tools')
    mkdirSync(tools, { recursive: true })
    execFileSync('tar', ['-xzf', (await packMaven(pom)).path, '-C', tools])
    return new PerfTest(directory)
  }

  /** Sends so many records, drawn from the lines of `payloads`, a tenth of them before it begins to measure. */
  async send(target: Target, records: number, payloads: string, settings: Readonly<Record<string, string | number>>): Promise<Sent> {
    const file = join(this.#directory, 'producer.properties')
    writeFileSync(file, producerProperties(target, settings))
    const words = ['--topic', target.topic, '--num-records', records, '--warmup-records', Math.floor(records / 10)]
    const more = ['--throughput', -1, '--payload-file', payloads, '--command-config', file]
    const java = ['-Xmx256m', '-cp', `${join(this.#directory, 'tools/lib')}/*`, 'org.apache.kafka.tools.ProducerPerformance']
    const { stdout, stderr } = await promisify(execFile)(
      'bash',
      ['-c', `TIMEFORMAT='cpu %U %S'; time java "$@"`, 'java', ...java, ...[...words, ...more].map(String)],
      { maxBuffer: 2 ** 26 },
    )
    const rates = [...stdout.matchAll(/([\d.]+) records\/sec/g)].map(([, rate]) => Number(rate))
    const [, user, system] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? []
    const rate = rates.at(-1)
    if (rate === undefined) throw new Error(`the producer said: ${stdout}${stderr}`)
    return { rate, cpu: ((Number(user) + Number(system)) * 1e6) / records }
  }
}

/** What is not said here is Kafka's default: idempotent, five requests in flight, 5 ms to gather. */
function producerProperties({ at, ca, user, password }: Target, settings: Readonly<Record<string, string | number>>): string {
  const login = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${user}" password="${password}";`
  const all = {
    'bootstrap.servers': at,
    'security.protocol': 'SASL_SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': ca,
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.jaas.config': login,
    acks: 'all',
    'enable.idempotence': true,
    'compression.type': 'gzip',
    ...settings,
  }
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
