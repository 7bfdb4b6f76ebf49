import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packMaven } from '../../engine/artifacts/index.ts'
import { spelled } from '../../engine/inventory/address.ts'
import { asksPage } from '../../engine/listen.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { jmxExporter, logback, nodetool, rackdc, unit } from '../../roles/cassandra/config/files.ts'
import { firstOptions, openOptions, serverOptions } from '../../roles/cassandra/config/jvm.ts'
import { startScript } from '../../roles/cassandra/config/start.ts'
import { cassandraYaml, seedsYaml, tokensYaml } from '../../roles/cassandra/config/yaml.ts'
import { cassandraMemory } from '../../roles/cassandra/memory.ts'
import { parseStatus } from '../../roles/cassandra/ring/index.ts'
import { cassandraVars } from '../../roles/cassandra/vars.ts'
import { cassandraPossible } from './collector-support/cassandra-node.ts'
import { freePort } from './collector-support/free-port.ts'

const hasIPv6 = Object.values(networkInterfaces())
  .flat()
  .some(each => each?.address === '::1')
const possible = cassandraPossible && hasIPv6
if (!possible) console.warn('SKIPPED: a real Cassandra on IPv6: Java, Maven or ::1 is missing')

const agentJar = 'jmx_prometheus_javaagent-1.0.1.jar'

/** The role's own files, in a folder instead of a Pi: what its unit runs is run. */
describe.skipIf(!possible)('a real Cassandra with the role’s files, whose address is ::1', () => {
  let folder: string
  let cqlPort: number
  let metricsPort: number
  let jmxPort: number
  let server: ChildProcess
  const here = (text: string) => text.replaceAll(/\/(etc|opt|run|var\/lib|usr\/local)\/(?=cassandra|lib)/g, (path: string) => folder + path)
  /** What the unit runs, until clients are listened for. */
  async function start(): Promise<void> {
    const line = (name: string) => here(new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '')
    await bash(line('ExecStartPre'))
    writeFileSync(`${folder}/log`, '')
    server = spawn(
      'sh',
      [
        '-c',
        `exec ${line('ExecStart')
          .replace('/usr/bin/java', 'java')
          .replace(/-cp (\S+)/, "-cp '$1'")} >${folder}/log 2>&1`,
      ],
      { stdio: 'ignore' },
    )
    for (const end = Date.now() + 150_000; !readFileSync(`${folder}/log`, 'utf8').includes('Starting listening for CQL clients on'); ) {
      if (Date.now() > end || server.exitCode !== null)
        throw new Error(`it did not start:\n${readFileSync(`${folder}/log`, 'utf8').slice(-3000)}`)
      await sleep(300)
    }
  }
  async function stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill(signal)
    await gone
  }
  const answers = (address: string, port: number) =>
    bash(`exec 3<>/dev/tcp/${address}/${port}`).then(
      () => true,
      () => false,
    )
  const cql = async (...words: readonly string[]) => {
    const { path } = await buildProgram(fileURLToPath(new URL('../../roles/cassandra/cql/cql.ts', import.meta.url)))
    return (
      await promisify(execFile)('node', [path, '--wait', '60', ...words], {
        env: { ...process.env, CQL_SETTINGS: join(folder, 'cql.json'), CQL_UNCLAIMED: `${folder}/var/lib/cassandra/unclaimed` },
      })
    ).stdout
  }
  const bash = (text: string) => promisify(execFile)('bash', ['-c', text])

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cassandra-address-'))
    const { path } = await packMaven(fileURLToPath(new URL('../../roles/cassandra/pom.xml', import.meta.url)), {
      leaveOut: [/-(osx|windows)-/, /-linux-riscv64/],
    })
    for (const each of ['etc/cassandra', 'opt/cassandra', 'run/cassandra', 'var/lib/cassandra', 'usr/local/lib/cassandra'])
      mkdirSync(join(folder, each), { recursive: true })
    execFileSync('tar', ['-xzf', path, '-C', join(folder, 'opt/cassandra')])
    cqlPort = await freePort()
    metricsPort = await freePort()
    jmxPort = await freePort()
    const vars = cassandraVars.parse({ tls: 'off', port: cqlPort, metricsPort, ringDelay: 2 })
    const memory = cassandraMemory({ memory: 2 ** 29, cores: 2 }, vars)
    const release = /version "1[17]\./.test(execFileSync('sh', ['-c', 'java -version 2>&1'], { encoding: 'utf8' })) ? 'bookworm' : 'trixie'
    const files: Readonly<Record<string, string>> = {
      '/etc/cassandra/cassandra.yaml': `${cassandraYaml('::1', memory, vars)}storage_port: ${await freePort()}\n`,
      '/etc/cassandra/seeds.yaml': seedsYaml(['::1']),
      '/etc/cassandra/jvm.options': serverOptions({ release }, memory, vars, 6).replace('local.port=7199', `local.port=${jmxPort}`),
      '/etc/cassandra/open.options': openOptions(release),
      '/etc/cassandra/cassandra-rackdc.properties': rackdc,
      '/etc/cassandra/logback.xml': logback('INFO', 'System.out'),
      '/etc/cassandra/logback-tools.xml': logback('ERROR', 'System.err'),
      '/etc/cassandra/jmx-exporter.yaml': jmxExporter(vars),
      '/var/lib/cassandra/tokens.yaml': tokensYaml([0n, 1n]),
      '/var/lib/cassandra/unclaimed': '',
      '/var/lib/cassandra/first.options': firstOptions(),
      '/usr/local/lib/cassandra/settings-of-start': startScript({
        node: { address: '::1' },
        family: 6,
        metrics: { address: '::1' },
        metricsPort,
        agent: `/opt/cassandra/lib/${agentJar}`,
      }),
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(folder + name, here(text), { mode: 0o755 })
    await start()
  }, 180_000)

  afterAll(async () => {
    await stop('SIGKILL')
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  test('nodetool reaches it over loopback, and names it as the inventory does', async () => {
    const tool = join(folder, 'nodetool')
    writeFileSync(tool, here(nodetool).replace('/usr/bin/java', 'java'), { mode: 0o755 })
    const { stdout } = await bash(`${tool} -p ${jmxPort} status`)
    expect(parseStatus(stdout)).toMatchObject([{ address: '::1', up: true, state: 'normal' }])
  })

  test('while everybody knows a login of it, it is asked from its own machine only', async () => {
    writeFileSync(join(folder, 'cql.json'), JSON.stringify({ host: '::1', port: cqlPort, user: 'fleet', password: 'secret' }))
    expect([await answers('::1', cqlPort), await answers('127.0.0.1', cqlPort)]).toEqual([false, true])
    await cql('-e', 'claim ["fleet","secret"]')
    // As the role does: before the start that counts on it.
    rmSync(`${folder}/var/lib/cassandra/unclaimed`)
    await stop('SIGTERM')
    await start()
    expect([await answers('::1', cqlPort), await answers('127.0.0.1', cqlPort)]).toEqual([true, false])
    expect(await cql('-e', 'login ["cassandra","cassandra"]')).toBe('{"login":"cassandra","ok":false}\n')
  }, 180_000)

  test('the server gives its address in a spelling that is known', async () => {
    const row = JSON.parse(await cql('--json', '-e', 'SELECT broadcast_address, rpc_address FROM system.local')) as Record<string, string>
    expect([row['broadcast_address'], row['rpc_address']].map(address => spelled(address ?? ''))).toEqual(['::1', '::1'])
  })

  test('Prometheus finds it there, and nobody on another address', async () => {
    expect((await bash(asksPage({ address: '::1' }, metricsPort, '/metrics', 20))).stdout).toContain('cassandra_storage_load')
    for (const port of [metricsPort, cqlPort])
      await expect(bash(asksPage({ address: '127.0.0.1' }, port, '/metrics', 5))).rejects.toThrow('refused')
  })
})
