import { execFile, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { packMaven } from '../../engine/artifacts/index.ts'
import { agentJar, pom } from '../../roles/kafka/artifact.ts'
import { jmxExporter } from '../../roles/kafka/config/files.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { promisedRss } from '../../roles/kafka/memory.ts'
import { freePort } from './collector-support/free-port.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit } from './kafka-support/kafka-broker.ts'
import { residentOf, residentText } from './kafka-support/resident.ts'

const possible = ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0)
if (!possible) console.warn('SKIPPED: a real Kafka: Java or Maven is missing (apt-get install default-jre-headless maven)')

const MiB = 2 ** 20
const minutes = Number(process.env['KAFKA_MINUTES'] ?? 0.33)
const rate = Number(process.env['KAFKA_RATE'] ?? 5000)
const sizes = (process.env['KAFKA_RAM'] ?? '512,1024,2048').split(',').map(Number)

/**
 * `npm run proof:kafka-memory`: the planner's promise beside what a broker of that plan holds under load; figures for the README.
 * `KAFKA_MINUTES=30 KAFKA_RATE=500 KAFKA_RAM=1024` loads longer, says the RSS of each minute, and takes one size.
 */
describe.skipIf(!possible)('memory of a real broker under load', () => {
  test.for(sizes)('on a Pi of %i MiB is what was promised at most', { timeout: 600_000 + minutes * 90_000 }, async ram => {
    const kit = await kafkaKit()
    const broker = await KafkaBroker.create(kit, await fleetOnLoopback({}), 0, ram)
    const status = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${broker.pid}/status`, 'utf8'))?.[1]) / 1024
    try {
      broker.format(clusterId('test'), 'starts')
      const exporter = join(kit.directory, 'jmx.yaml')
      writeFileSync(exporter, jmxExporter)
      await broker.start([`-javaagent:${kit.server}/lib/${agentJar}=127.0.0.1:${await freePort()}:${exporter}`])
      const idle = status('VmRSS')
      const rule = { user: 'one', operation: 'write', resource: 'topic', name: 'load' } as const
      const idempotent = { user: 'one', operation: 'idempotentWrite', resource: 'cluster', name: 'kafka-cluster' } as const
      const places = Array.from({ length: 64 }, () => [broker.member.id])
      await broker.errand({
        change: [{ user: 'one', password: 'right' }, { allow: [rule, idempotent] }, { makeTopic: 'load', places, configs: {} }],
      })
      const eachMinute: string[] = []
      const sampling = setInterval(() => eachMinute.push(residentText(residentOf(broker.pid))), 60_000)
      const said = await load(kit.directory, kit.certificates.ca, broker).finally(() => clearInterval(sampling))
      if (eachMinute.length > 0) console.log(`${ram} MiB: RSS minute by minute\n${eachMinute.join('\n')}`)
      const promised = promisedRss(broker.memory) / MiB
      console.log(
        `${ram} MiB: heap ${broker.memory.heap / MiB}, promised ${promised}, idle ${Math.round(idle)}, under load ${Math.round(status('VmRSS'))}, at most ${Math.round(status('VmHWM'))}; ${said}`,
      )
      expect(status('VmHWM')).toBeLessThanOrEqual(promised)
      await broker.errand({ probe: broker.member.id })
    } finally {
      await destroyCluster(kit, [broker])
    }
  })
})

/** Kafka's own producer, that is not on a Pi. */
async function load(directory: string, ca: string, broker: KafkaBroker): Promise<string> {
  const tools = join(directory, 'tools')
  spawnSync('mkdir', ['-p', tools])
  spawnSync('tar', ['-xzf', (await packMaven(pom)).path, '-C', tools])
  const settings = join(directory, 'client.properties')
  writeFileSync(
    settings,
    `bootstrap.servers=${broker.member.host.address}:${broker.member.vars.port}
security.protocol=SASL_SSL
ssl.truststore.type=PEM
ssl.truststore.location=${ca}
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="one" password="right";
acks=all
linger.ms=20
`,
  )
  const words = [
    '--topic',
    'load',
    '--num-records',
    String(Math.round(minutes * 60 * rate)),
    '--record-size',
    '200',
    '--throughput',
    String(rate),
    '--command-config',
    settings,
  ]
  const { stdout } = await promisify(execFile)('java', [
    '-Xmx96m',
    '-XX:+UseSerialGC',
    '-cp',
    `${tools}/lib/*`,
    'org.apache.kafka.tools.ProducerPerformance',
    ...words,
  ])
  return stdout.trim().split('\n').at(-1) ?? ''
}
