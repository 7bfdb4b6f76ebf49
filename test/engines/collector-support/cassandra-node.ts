import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'cassandra-driver'
import { stringify } from 'yaml'
import { packMaven } from '../../../engine/artifacts/index.ts'
import { javaOf, openOptions } from '../../../roles/cassandra/config/jvm.ts'
import { freePort } from './free-port.ts'

const runs = (program: string, option: string): boolean => spawnSync(program, [option], { stdio: 'ignore' }).status === 0

/** Whether this machine can get the server and run it. */
export const cassandraPossible = process.platform === 'linux' && runs('java', '-version') && runs('mvn', '-v')

interface Ports {
  readonly cql: number
  readonly storage: number
}

/** The server's programs, from the role's own pom, in a folder of the test's own; ports that are the same on every node. */
export interface CassandraKit {
  readonly directory: string
  readonly ports: Ports
  readonly options: readonly string[]
}

/** Unpacks the server for nodes at these addresses of the loopback interface. */
export async function cassandraKit(addresses: readonly string[]): Promise<CassandraKit> {
  const { path } = await packMaven(fileURLToPath(new URL('../../../roles/cassandra/pom.xml', import.meta.url)), {
    leaveOut: [/-(osx|windows)-/, /-linux-riscv64/],
  })
  const directory = mkdtempSync(join(tmpdir(), 'collector-cassandra-'))
  execFileSync('tar', ['-xzf', path, '-C', directory])
  // What Debian bookworm has is Java 17; from 21 on it is as on trixie.
  const release = /version "1[17]\./.test(spawnSync('java', ['-version'], { encoding: 'utf8' }).stderr) ? 'bookworm' : 'trixie'
  const options = [...javaOf(release).options, ...openOptions(release).split('\n').filter(Boolean)]
  return { directory, ports: { cql: await freePort(addresses), storage: await freePort(addresses) }, options }
}

/** A real node of Cassandra: its own data, address and tokens; stopped and started by its process id. */
export class CassandraNode {
  readonly address: string
  readonly port: number
  readonly #kit: CassandraKit
  readonly #folder: string
  readonly #base: Readonly<Record<string, unknown>>
  /** The CA's certificate: this node is asked over TLS. */
  ca: string | undefined
  #jmx = 0
  #process: ChildProcess | undefined

  /**
   * `tokens` are the ends of the ranges it owns; `seed` is the address of a node that is there already, or its own; `settings` go before
   * the test's own.
   */
  constructor(
    kit: CassandraKit,
    address: string,
    seed: string,
    tokens: readonly bigint[],
    settings: Readonly<Record<string, unknown>> = {},
  ) {
    this.address = address
    this.port = kit.ports.cql
    this.#kit = kit
    this.#folder = join(kit.directory, address)
    mkdirSync(this.#folder)
    writeFileSync(join(this.#folder, 'cassandra-rackdc.properties'), 'dc=dc1\nrack=rack1\n')
    writeFileSync(
      join(this.#folder, 'logback.xml'),
      `<configuration>
  <appender name="FILE" class="ch.qos.logback.core.FileAppender"><file>${this.#folder}/log</file><encoder><pattern>%-5level %logger{0} - %msg%n</pattern></encoder></appender>
  <root level="INFO"><appender-ref ref="FILE"/></root>
</configuration>`,
    )
    this.#base = {
      cluster_name: 'collector test',
      partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
      endpoint_snitch: 'GossipingPropertyFileSnitch',
      seed_provider: [{ class_name: 'org.apache.cassandra.locator.SimpleSeedProvider', parameters: [{ seeds: seed }] }],
      listen_address: address,
      rpc_address: address,
      storage_port: kit.ports.storage,
      native_transport_port: kit.ports.cql,
      num_tokens: tokens.length,
      initial_token: tokens.join(','),
      // Nothing is in the ring yet when it joins.
      auto_bootstrap: false,
      authenticator: 'PasswordAuthenticator',
      authorizer: 'CassandraAuthorizer',
      // One node suffices to log in, of all that know the passwords.
      auth_read_consistency_level: 'LOCAL_ONE',
      auth_write_consistency_level: 'LOCAL_ONE',
      permissions_validity: '100ms',
      roles_validity: '100ms',
      credentials_validity: '100ms',
      // Otherwise a node that is killed loses what it acknowledged in its last moments, and no client can help it.
      commitlog_sync: 'group',
      commitlog_sync_group_window: '5ms',
      commitlog_segment_size: '8MiB',
      data_file_directories: [join(this.#folder, 'data')],
      ...Object.fromEntries(['commitlog', 'saved_caches', 'hints', 'cdc_raw'].map(name => [`${name}_directory`, join(this.#folder, name)])),
      memtable_heap_space: '32MiB',
      file_cache_size: '16MiB',
      networking_cache_size: '8MiB',
      concurrent_compactors: 1,
      concurrent_reads: 4,
      concurrent_writes: 32,
      native_transport_max_threads: 8,
      ...settings,
    }
    this.set({})
  }

  /** Settings beside those it was made with, from its next start on. */
  set(settings: Readonly<Record<string, unknown>>): void {
    writeFileSync(join(this.#folder, 'cassandra.yaml'), stringify({ ...this.#base, ...settings }))
  }

  /** What it has logged. */
  get log(): string {
    return readFileSync(join(this.#folder, 'log'), 'utf8')
  }

  /** Of its process. */
  get pid(): number {
    return this.#process?.pid ?? NaN
  }

  /** Resolves when the node takes CQL. */
  async start(): Promise<void> {
    const { directory, options } = this.#kit
    this.#jmx = await freePort()
    this.#process = spawn(
      'java',
      [
        '-Xms160m',
        '-Xmx160m',
        '-Xss256k',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-XX:MaxDirectMemorySize=96m',
        '-XX:-UsePerfData',
        '-Djdk.attach.allowAttachSelf=true',
        '-Djava.net.preferIPv4Stack=true',
        `-Djava.io.tmpdir=${this.#folder}`,
        ...options,
        `-Dcassandra.config=file://${this.#folder}/cassandra.yaml`,
        `-Dlogback.configurationFile=${this.#folder}/logback.xml`,
        `-Dcassandra.storagedir=${this.#folder}`,
        `-Dcassandra.jmx.local.port=${this.#jmx}`,
        '-Dcassandra-foreground=yes',
        '-Dcassandra.superuser_setup_delay_ms=0',
        '-Dcassandra.ring_delay_ms=2000',
        '-Dcassandra.skip_wait_for_gossip_to_settle=0',
        '-Dcassandra.system_distributed.default_rf=1',
        '-Dcassandra.system_traces.default_rf=1',
        '-cp',
        `${this.#folder}:${directory}/lib/*`,
        'org.apache.cassandra.service.CassandraDaemon',
      ],
      { stdio: ['ignore', 'ignore', 'ignore'] },
    )
    const patience = performance.now() + 120_000
    while (performance.now() < patience && this.#process.exitCode === null) {
      try {
        await this.query('SELECT key FROM system.local')
        return
      } catch {
        await sleep(300)
      }
    }
    throw new Error(`Cassandra did not start on ${this.address}:\n${readFileSync(join(this.#folder, 'log'), 'utf8').slice(-3000)}`)
  }

  /** SIGTERM is an orderly stop, SIGKILL what a crash does. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const running = this.#process
    this.#process = undefined
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const gone = once(running, 'exit')
    running.kill(signal)
    await gone
  }

  /** The node stays and answers nothing, until `resume`. */
  freeze(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** What nodetool says. */
  async nodetool(...words: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('java', [...this.#tool(), ...words])
    return stdout
  }

  /** The same as one command line. */
  nodetoolCommand(): string {
    return ['java', ...this.#tool()].map(word => `'${word}'`).join(' ')
  }

  #tool(): readonly string[] {
    const { directory, options } = this.#kit
    return [
      '-Xmx64m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      `-Djava.io.tmpdir=${this.#folder}`,
      ...options,
      `-Dcassandra.storagedir=${this.#folder}`,
      '-cp',
      `${directory}/lib/*`,
      'org.apache.cassandra.tools.NodeTool',
      '-p',
      String(this.#jmx),
    ]
  }

  /** One statement on this very node, as the superuser every new ring has. */
  async query<Row>(cql: string): Promise<Row[]> {
    const contact = `${this.address}:${this.port}`
    const client = new Client({
      contactPoints: [contact],
      localDataCenter: 'dc1',
      credentials: { username: 'cassandra', password: 'cassandra' },
      protocolOptions: { port: this.port },
      ...(this.ca !== undefined && { sslOptions: { ca: readFileSync(this.ca, 'utf8'), rejectUnauthorized: true } }),
      pooling: { warmup: false },
      monitorReporting: { enabled: false },
      socketOptions: { readTimeout: 30_000 },
    })
    try {
      await client.connect()
      const host = client.hosts.get(contact)
      const { rows } = await client.execute(cql, [], { fetchSize: 50_000, ...(host ? { host } : {}) })
      return rows as unknown as Row[]
    } finally {
      await client.shutdown()
    }
  }
}

/** Ends the nodes and takes their data away. */
export async function destroyRing(kit: CassandraKit, nodes: readonly CassandraNode[]): Promise<void> {
  await Promise.all(nodes.map(node => node.stop('SIGKILL')))
  rmSync(kit.directory, { recursive: true, force: true })
}
