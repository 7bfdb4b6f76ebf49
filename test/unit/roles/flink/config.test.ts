import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseSums } from '../../../../engine/artifacts/sums.ts'
import { leftOut, pom } from '../../../../roles/flink/artifact.ts'
import { jmxExporter } from '../../../../roles/flink/config/exporter.ts'
import { jvmOptions } from '../../../../roles/flink/config/jvm-options.ts'
import { configYaml, defaultPorts, type Node } from '../../../../roles/flink/config/settings.ts'
import { startScript } from '../../../../roles/flink/config/start.ts'
import { unit } from '../../../../roles/flink/config/unit.ts'
import { flinkPlan, type FlinkPlan } from '../../../../roles/flink/memory/plan.ts'
import { flinkVars } from '../../../../roles/flink/vars.ts'

const plan = flinkPlan({ ram: 2 ** 30, others: 96 * 2 ** 20, node: 'both', slots: 2, backend: 'hashmap', bits: 64 }) as FlinkPlan
const node: Node = {
  name: 'worker',
  address: '192.168.1.41',
  jobManager: '192.168.1.40',
  ports: defaultPorts,
  backend: 'hashmap',
  plan,
  jobs: flinkVars.parse({}),
}
const read = (more: Partial<Node>, process: 'jobmanager' | 'taskmanager') =>
  parse(configYaml({ ...node, ...more }, process)) as Record<string, string | number | boolean>

describe('config.yaml', () => {
  it('has its pages on loopback, and no port left to chance', () => {
    const both = { ...read({}, 'jobmanager'), ...read({}, 'taskmanager') }
    expect(read({}, 'jobmanager')).toMatchObject({ 'rest.bind-address': '127.0.0.1', 'rest.bind-port': 8081, 'web.submit.enable': false })
    const ports = Object.entries(both).filter(([key]) => key.endsWith('port'))
    expect(ports.map(([key]) => key).sort()).toEqual([
      'blob.server.port',
      'jobmanager.rpc.port',
      'metrics.internal.query-service.port',
      'rest.bind-port',
      'rest.port',
      'taskmanager.data.port',
      'taskmanager.rpc.port',
    ])
    for (const [, port] of ports) expect(Number(port)).toBeGreaterThan(1024)
  })

  it('lets nobody speak to a process who has no certificate of its own CA', () => {
    for (const process of ['jobmanager', 'taskmanager'] as const)
      expect(read({}, process)).toMatchObject({
        'security.ssl.internal.enabled': true,
        'security.ssl.internal.keystore': `/run/flink-${process}/own.p12`,
        'security.ssl.internal.truststore': `/run/flink-${process}/trusted.p12`,
        'security.ssl.protocol': 'TLSv1.3',
      })
    expect(startScript('jobmanager')).toContain('-file /etc/flink/tls/ca.pem')
  })

  it('has no reporter that listens: figures go to the exporter, which listens where it is told', () => {
    expect(read({}, 'jobmanager')).toMatchObject({ 'metrics.reporters': 'jmx' })
    expect(Object.keys(read({}, 'jobmanager')).filter(key => /metrics\.reporter\..*port/.test(key))).toEqual([])
    expect(jvmOptions(plan, 'taskmanager', 64, '192.168.1.41:9408')).toContain(
      '-javaagent:/opt/flink/lib/jmx_prometheus_javaagent-1.0.1.jar=192.168.1.41:9408:/etc/flink/jmx-exporter.yaml\n',
    )
    expect(jmxExporter).toContain('org.apache.flink.jobmanager.numRegisteredTaskManagers:*')
  })

  it('gives the processes of one Pi ports of their own', () => {
    for (const key of ['metrics.internal.query-service.port', 'io.tmp.dirs', 'security.ssl.internal.keystore'])
      expect(read({}, 'jobmanager')[key]).not.toBe(read({}, 'taskmanager')[key])
  })

  it('says every part of memory, with least and most the same', () => {
    const settings = read({}, 'taskmanager')
    const memory = Object.keys(settings).filter(key => key.startsWith('taskmanager.memory.'))
    expect(memory).toHaveLength(12)
    for (const part of ['network', 'jvm-overhead'])
      expect(settings[`taskmanager.memory.${part}.min`]).toBe(settings[`taskmanager.memory.${part}.max`])
    expect(settings).toMatchObject({ 'taskmanager.memory.framework.heap.size': '33554432b', 'taskmanager.numberOfTaskSlots': 2 })
    expect(read({}, 'jobmanager')).toMatchObject({ 'jobmanager.memory.off-heap.size': '16777216b', 'jobmanager.bind-host': '192.168.1.41' })
  })

  it('keeps checkpoints of a job that ended, and increments of RocksDB', () => {
    expect(read({}, 'jobmanager')).toMatchObject({
      'execution.checkpointing.externalized-checkpoint-retention': 'RETAIN_ON_CANCELLATION',
      'execution.checkpointing.num-retained': 4,
      'execution.checkpointing.dir': 'file:///var/lib/flink/checkpoints',
      'execution.checkpointing.savepoint-dir': 'file:///var/lib/flink/savepoints',
      'execution.checkpointing.interval': '30s',
      'state.backend.type': 'hashmap',
      'restart-strategy.type': 'exponential-delay',
      'restart-strategy.exponential-delay.max-backoff': '120s',
    })
    // One of them is on the card when the power is cut.
    const jobs = flinkVars.parse({ checkpointInterval: 5, retained: 7, restartDelayMost: 9 })
    expect(read({ jobs }, 'jobmanager')).toMatchObject({
      'execution.checkpointing.interval': '5s',
      'execution.checkpointing.num-retained': 19,
      'restart-strategy.exponential-delay.max-backoff': '9s',
    })
    expect(read({}, 'jobmanager')).not.toHaveProperty('execution.checkpointing.incremental')
    expect(read({ backend: 'rocksdb' }, 'taskmanager')).toMatchObject({
      'state.backend.type': 'rocksdb',
      'execution.checkpointing.incremental': true,
    })
  })
})

describe('a unit', () => {
  it('runs java itself, with the settings of its process', () => {
    expect(unit('jobmanager')).toContain(
      'ExecStart=/usr/bin/java @/etc/flink/jobmanager/jvm.options -cp /opt/flink/lib/* ' +
        'org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint --configDir /etc/flink/jobmanager --executionMode cluster\n',
    )
    expect(unit('taskmanager')).toContain('org.apache.flink.runtime.taskexecutor.TaskManagerRunner --configDir /etc/flink/taskmanager\n')
    expect(unit('taskmanager')).toContain('StateDirectory=flink/taskmanager\nStateDirectory=flink/checkpoints flink/savepoints\n')
  })

  it('starts only when a folder that all Pis share is mounted, and leaves its owner alone', () => {
    expect(unit('taskmanager', true)).toContain('RequiresMountsFor=/var/lib/flink/checkpoints /var/lib/flink/savepoints\n')
    expect(unit('taskmanager', true)).toContain('ReadWritePaths=/var/lib/flink/checkpoints /var/lib/flink/savepoints\n')
    expect(unit('taskmanager', true)).not.toContain('StateDirectory=flink/checkpoints')
    expect(unit('taskmanager')).not.toContain('RequiresMountsFor')
  })

  it('leaves one heap dump and two logs at most, and nothing of a start that was killed', () => {
    const flags = jvmOptions(plan, 'jobmanager', 64, '10.0.0.1:9407')
    expect(flags).toContain('-XX:HeapDumpPath=/var/lib/flink/jobmanager/heap.hprof\n')
    expect(flags).toContain('-Xlog:gc*:file=/var/log/flink/jobmanager-gc.log:time,tags:filecount=2,filesize=1m\n')
    expect(startScript('jobmanager')).toContain('rm -rf /var/lib/flink/jobmanager/tmp\n')
  })

  it('has an argument file with a size, a log and what Java must be told to open', () => {
    const flags = jvmOptions(plan, 'taskmanager', 64, '10.0.0.1:9408').trimEnd().split('\n')
    expect(flags.filter(flag => flag.startsWith('-Xmx'))).toEqual(['-Xmx236m'])
    expect(flags).toContain('-XX:+ExitOnOutOfMemoryError')
    expect(flags).toContain('-Dlog4j.configurationFile=file:/etc/flink/taskmanager/log4j.properties')
    expect(flags).toContain('-Dpekko.remote.classic.startup-timeout=300s')
    expect(flags.filter(flag => flag.startsWith('--add-opens'))).toHaveLength(12)
    expect(() => jvmOptions({}, 'jobmanager', 64, '')).toThrow('no jobmanager is planned here')
  })
})

describe('the jars of a Pi', () => {
  const file = pom.replace(/\.xml$/, '.sha512')
  const jars = [...parseSums(readFileSync(file, 'utf8'), file).keys()]
  const kept = (backend: 'hashmap' | 'rocksdb') => jars.filter(jar => !leftOut(backend).some(pattern => pattern.test(jar)))

  it('are those both processes load, of all that is pinned', () => {
    expect([jars.length, kept('hashmap').length, kept('rocksdb').length]).toEqual([84, 69, 71])
    for (const name of [
      /^flink-connector-kafka/,
      /^flink-connector-jdbc-mysql/,
      /^mariadb-java-client/,
      /^flink-metrics-jmx/,
      /^jmx_prometheus_javaagent/,
    ])
      expect(kept('hashmap').filter(jar => name.test(jar))).toHaveLength(1)
  })
})
