import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet, Host } from '../../../engine/inventory/types.ts'
import { packKafka } from '../../../roles/kafka/artifact.ts'
import { Connection } from '../../../roles/kafka/admin/protocol/connection.ts'
import type { Request } from '../../../roles/kafka/admin/protocol/requests.ts'
import { run, type Errand } from '../../../roles/kafka/admin/session.ts'
import { log4j } from '../../../roles/kafka/config/files.ts'
import { sizeOptions } from '../../../roles/kafka/config/jvm.ts'
import { subjectOf } from '../../../roles/kafka/config/listeners.ts'
import { dataFolder, tlsFiles } from '../../../roles/kafka/config/paths.ts'
import { fleetProperties, serverProperties } from '../../../roles/kafka/config/properties.ts'
import { kafkaMemory, type KafkaMemory } from '../../../roles/kafka/memory.ts'
import { members, type Member } from '../../../roles/kafka/members.ts'
import { formatText, type Beginning } from '../../../roles/kafka/storage/format.ts'
import { Certificates } from '../collector-support/certificates.ts'
import { freePort } from '../collector-support/free-port.ts'

/** The server's jars and a CA, for all brokers of a test. */
export interface KafkaKit {
  readonly directory: string
  /** A folder with `lib` in it. */
  readonly server: string
  readonly certificates: Certificates
}

export async function kafkaKit(): Promise<KafkaKit> {
  const directory = mkdtempSync(join(tmpdir(), 'kafka-test-'))
  const server = join(directory, 'server')
  mkdirSync(server)
  execFileSync('tar', ['-xzf', (await packKafka()).path, '-C', server])
  return { directory, server, certificates: await Certificates.make(directory, 'test') }
}

/** A fleet of brokers on loopback addresses of their own, each with these variables. */
export async function fleetOnLoopback(...vars: readonly Readonly<Record<string, unknown>>[]): Promise<Fleet> {
  const [port, brokerPort, controllerPort] = [await freePort(), await freePort(), await freePort()]
  const hosts = vars.map(
    (own, index) =>
      ({
        name: `kafka${index + 1}`,
        address: `127.0.90.${index + 1}`,
        roles: ['kafka'],
        vars: { kafka: { port, brokerPort, controllerPort, ...own } },
      }) as unknown as Host,
  )
  return { name: 'test', file: 'test.yaml', ssh: { connectTimeout: 1, keepalive: 1 }, groups: [], hosts }
}

/** A real broker on loopback, with the role's own settings; only paths are other ones. */
export class KafkaBroker {
  readonly fleet: Fleet
  readonly member: Member
  readonly memory: KafkaMemory
  readonly folder: string
  readonly #kit: KafkaKit
  readonly #own: string
  #process: ChildProcess | undefined

  private constructor(kit: KafkaKit, fleet: Fleet, member: Member, memory: KafkaMemory, own: string) {
    this.#kit = kit
    this.fleet = fleet
    this.member = member
    this.memory = memory
    this.#own = own
    this.folder = join(kit.directory, member.host.name)
  }

  /** `ram`: what the Pi has, in MiB; the memory is planned for that. */
  static async create(kit: KafkaKit, fleet: Fleet, index: number, ram = 512): Promise<KafkaBroker> {
    const member = members(fleet)[index]
    if (!member) throw new Error(`no broker ${index}`)
    const memory = kafkaMemory({ memory: ram * 2 ** 20, cores: 2 }, member.vars)
    const own = await kit.certificates.of(subjectOf(member.host.name), [member.host.name, member.host.address])
    const broker = new KafkaBroker(kit, fleet, member, memory, own)
    mkdirSync(join(broker.folder, 'etc'), { recursive: true })
    writeFileSync(join(broker.folder, 'etc/server.properties'), broker.#here(serverProperties(member, memory)))
    broker.knows(fleet)
    writeFileSync(join(broker.folder, 'etc/log4j2.properties'), log4j)
    return broker
  }

  /** The fleet as it is now; read when the broker starts. */
  knows(fleet: Fleet): void {
    writeFileSync(join(this.folder, 'etc/fleet.properties'), fleetProperties(members(fleet)))
  }

  /** Text of a Pi, with the places of this test. */
  #here(text: string): string {
    return text
      .replaceAll(tlsFiles.own, this.#own)
      .replaceAll(tlsFiles.ca, this.#kit.certificates.ca)
      .replaceAll(dataFolder, join(this.folder, 'data'))
      .replaceAll('/etc/kafka', join(this.folder, 'etc'))
      .replaceAll('/opt/kafka', this.#kit.server)
      .replaceAll('/run/kafka', join(this.folder, 'run'))
      .replaceAll('setpriv --reuid=kafka --regid=kafka --clear-groups -- ', '')
      .replaceAll('-o kafka -g kafka ', '')
  }

  /** What the role's own text for it says, and how it ended. `release`: with the levels of an older one. */
  format(cluster: string, beginning: Beginning, release?: string): { readonly status: number | null; readonly output: string } {
    const older = release === undefined ? '$&' : `$& --release-version ${release}`
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-c', this.#here(formatText(cluster, beginning)).replace(/StorageTool format/, older)],
      { encoding: 'utf8' },
    )
    return { status, output: stdout + stderr }
  }

  get meta(): string {
    return readFileSync(join(this.folder, 'data/meta.properties'), 'utf8')
  }

  get log(): string {
    return readFileSync(join(this.folder, 'log'), 'utf8')
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** Resolves when it answers as a broker of the cluster. */
  async start(more: readonly string[] = []): Promise<void> {
    const settings = join(this.folder, 'settings.properties')
    writeFileSync(settings, ['server', 'fleet'].map(name => readFileSync(join(this.folder, `etc/${name}.properties`), 'utf8')).join(''))
    const log = openSync(join(this.folder, 'log'), 'a')
    this.#process = spawn(
      'java',
      [
        ...sizeOptions(this.memory),
        '-XX:-UsePerfData',
        ...more,
        `-Dlog4j2.configurationFile=file:${join(this.folder, 'etc/log4j2.properties')}`,
        '-cp',
        `${this.#kit.server}/lib/*`,
        'kafka.Kafka',
        settings,
      ],
      { stdio: ['ignore', log, log], env: { ...process.env, MALLOC_ARENA_MAX: '2' } },
    )
    const patience = performance.now() + 120_000
    while (performance.now() < patience && this.#process.exitCode === null) {
      try {
        const { brokers } = await this.errand({})
        if ((brokers as readonly { readonly id: number }[]).some(({ id }) => id === this.member.id)) return
      } catch {
        // Not yet.
      }
      await sleep(300)
    }
    throw new Error(`Kafka did not start on ${this.member.host.address}:\n${this.log.slice(-3000)}`)
  }

  /** An errand to this broker, with its own certificate. */
  errand(errand: Omit<Errand, 'at' | 'ca' | 'own'>): Promise<Readonly<Record<string, unknown>>> {
    return run({
      at: [{ host: this.member.host.address, port: this.member.vars.brokerPort }],
      ca: this.#kit.certificates.authority.certificate,
      own: readFileSync(this.#own, 'utf8'),
      ...errand,
    })
  }

  /** One question of the protocol, with its own certificate. */
  async ask<Q, A>(request: Request<Q, A>, question: Q): Promise<A> {
    const { host, vars } = this.member
    const ca = this.#kit.certificates.authority.certificate
    const connection = await Connection.open({ host: host.address, port: vars.brokerPort, ca, own: readFileSync(this.#own, 'utf8') })
    try {
      return await connection.ask(request, question)
    } finally {
      connection.close()
    }
  }

  /** How a program finds this broker and what it shows it. */
  get files(): { readonly at: Errand['at']; readonly caFile: string; readonly ownFile: string } {
    const { host, vars } = this.member
    return { at: [{ host: host.address, port: vars.brokerPort }], caFile: this.#kit.certificates.ca, ownFile: this.#own }
  }

  /** Passwords to try, at this broker. */
  logins(passwords: Readonly<Record<string, string>>): NonNullable<Errand['logins']> {
    return { host: this.member.host.address, port: this.member.vars.port, passwords }
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const running = this.#process
    this.#process = undefined
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const gone = once(running, 'exit')
    running.kill(signal)
    await gone
  }
}

/** Ends the brokers and takes all of it away. */
export async function destroyCluster(kit: KafkaKit, brokers: readonly KafkaBroker[]): Promise<void> {
  await Promise.all(brokers.map(broker => broker.stop('SIGKILL')))
  rmSync(kit.directory, { recursive: true, force: true })
}
