import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { MqttClient } from 'mqtt'
import { readingsOf } from '../../../collector/backends/mqtt/message.ts'
import type { Reading } from '../../../collector/reading.ts'
import { headOf, revocations } from '../../../engine/resources/revocations.ts'
import { aclText, producerRules, type Clients } from '../../../roles/mosquitto/acl.ts'
import { brokerConfig, type ConfigOptions } from '../../../roles/mosquitto/config.ts'
import { queueOf } from '../../../roles/mosquitto/memory.ts'
import { aclFile, brokerName, dataFolder, tlsFiles } from '../../../roles/mosquitto/names.ts'
import { mosquittoVars } from '../../../roles/mosquitto/vars.ts'
import { Certificates } from '../collector-support/certificates.ts'
import { freePort } from '../collector-support/free-port.ts'

const program = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'].find(file => existsSync(file))
export const haveMosquitto = program !== undefined

/** A real broker on loopback: TLS only, a client's name is its certificate's, and each may publish what the policy of AWS lets a thing. */
export class Mosquitto {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'mosquitto-'))
  readonly port: number
  readonly certificates: Certificates
  #process: ChildProcess | undefined
  log = ''

  private constructor(port: number, certificates: Certificates) {
    this.port = port
    this.certificates = certificates
  }

  static async create(): Promise<Mosquitto> {
    const directory = mkdtempSync(path.join(tmpdir(), 'mosquitto-ca-'))
    const certificates = await Certificates.make(directory, 'broker')
    const broker = new Mosquitto(await freePort(), certificates)
    const { key, cert } = Certificates.read(await certificates.of('broker', ['127.0.0.1']))
    const file = (name: string, content: string): string => {
      const to = path.join(broker.directory, name)
      writeFileSync(to, content)
      return to
    }
    file(
      'mosquitto.conf',
      `listener ${broker.port} 127.0.0.1
cafile ${certificates.ca}
certfile ${file('broker.crt', justCertificate(cert))}
keyfile ${file('broker.key', justKey(key))}
require_certificate true
use_identity_as_username true
use_username_as_clientid false
allow_anonymous false
acl_file ${file('acl', 'user reader\ntopic read #\ntopic read $SYS/#\npattern write temperature/%u/reading\n')}
persistence true
persistence_location ${broker.directory}/
autosave_interval 1
sys_interval 1
max_inflight_messages 1000
set_tcp_nodelay true
max_queued_messages 0
${process.getuid?.() === 0 ? 'user root\n' : ''}`,
    )
    return broker
  }

  /** The broker as its role makes it: its own configuration and access list; only places are other ones. */
  static async asRole(clients: Omit<Clients, 'broker'>, change: Partial<ConfigOptions> = {}): Promise<Mosquitto> {
    const certificates = await Certificates.make(mkdtempSync(path.join(tmpdir(), 'mosquitto-ca-')), 'broker')
    const broker = new Mosquitto(await freePort(), certificates)
    const place = (to: string) => path.join(broker.directory, path.basename(to))
    copyFileSync(await certificates.of(brokerName('b'), ['127.0.0.1']), place(tlsFiles.own))
    copyFileSync(certificates.ca, place(tlsFiles.ca))
    mkdirSync(place(dataFolder))
    writeFileSync(place(aclFile), aclText({ ...clients, broker: 'b' }))
    const { ownName } = producerRules('any')
    const listen = { address: '127.0.0.1' }
    const queue = queueOf({ memory: 2 ** 30 }, { queue: undefined })
    const vars = { ...mosquittoVars.parse({ port: broker.port }), listen, queue, ownName, place }
    const ownUser = process.getuid?.() === 0 ? 'user root\n' : ''
    writeFileSync(path.join(broker.directory, 'mosquitto.conf'), brokerConfig({ ...vars, ...change }) + ownUser)
    await broker.revoke()
    return broker
  }

  /** Takes certificates back; read when it starts. */
  async revoke(...serials: readonly string[]): Promise<void> {
    const { spec } = revocations(tlsFiles.revoked, { authority: this.certificates.authority, serials })
    const list = await this.certificates.authority.revoke(spec.serials)
    writeFileSync(path.join(this.directory, path.basename(tlsFiles.revoked)), headOf(spec, list) + list)
  }

  async start(): Promise<void> {
    const child = spawn(program ?? 'mosquitto', ['-c', path.join(this.directory, 'mosquitto.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#process = child
    child.stderr.on('data', (text: Buffer) => (this.log += text.toString()))
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the broker ended:\n${this.log}`)
      const socket = createConnection(this.port, '127.0.0.1')
      const open = await once(socket, 'connect').then(
        () => true,
        () => false,
      )
      socket.destroy()
      if (open) return
      await sleep(50)
    }
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  /** A folder with what a thing has on its Pi, signed by `by`. */
  async folderOf(thing: string, by: Certificates = this.certificates): Promise<string> {
    const folder = path.join(this.directory, `${thing}-${Math.random().toString(36).slice(2)}`)
    mkdirSync(folder)
    const text = readFileSync(await by.of(thing, [thing]), 'utf8')
    writeFileSync(path.join(folder, 'private.pem.key'), justKey(text))
    writeFileSync(path.join(folder, 'certificate.pem.crt'), justCertificate(text))
    writeFileSync(path.join(folder, 'rootCA.pem'), this.certificates.authority.certificate)
    writeFileSync(path.join(folder, 'endpoint'), `127.0.0.1:${this.port}\n`)
    return folder
  }

  /** Subscribes to all there is, and gathers it; comes again by itself when the broker was away. What it had not acknowledged comes again. */
  async reader(): Promise<{
    readonly messages: readonly { readonly topic: string; readonly readings: readonly Reading[] }[]
    end(): void
  }> {
    const text = readFileSync(await this.certificates.of('reader', ['reader']), 'utf8')
    const messages: { topic: string; readings: readonly Reading[] }[] = []
    const client = new MqttClient(
      () =>
        connectTls({
          host: '127.0.0.1',
          port: this.port,
          ca: this.certificates.authority.certificate,
          key: justKey(text),
          cert: justCertificate(text),
        }).on('error', () => {}),
      {
        protocolVersion: 5,
        clientId: 'reader',
        clean: false,
        properties: { sessionExpiryInterval: 3600 },
        reconnectPeriod: 200,
        resubscribe: true,
      },
    )
    client.on('error', () => {})
    client.on('message', (topic: string, payload: Buffer) => void messages.push({ topic, readings: readingsOf(payload.toString()) }))
    await new Promise<void>((resolve, reject) =>
      client.subscribe('#', { qos: 1 }, (error: unknown) => (error ? reject(error as Error) : resolve())),
    )
    return { messages, end: () => void client.end(true) }
  }

  /** PUBLISH packets that came since it started, by its own count, which it writes once a second. */
  async received(): Promise<number> {
    const own = await this.certificates.of('reader', ['reader'])
    const where = [
      '-V',
      'mqttv5',
      '-h',
      '127.0.0.1',
      '-p',
      String(this.port),
      '--cafile',
      this.certificates.ca,
      '--cert',
      own,
      '--key',
      own,
    ]
    await sleep(2200)
    return Number(execFileSync('mosquitto_sub', [...where, '-C', '1', '-W', '5', '-t', '$SYS/broker/publish/messages/received']))
  }

  async destroy(): Promise<void> {
    await this.end('SIGKILL')
    rmSync(this.directory, { recursive: true, force: true })
    rmSync(path.dirname(this.certificates.ca), { recursive: true, force: true })
  }
}

const block = (text: string, kind: string) => `${new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----`).exec(text)?.[0] ?? ''}\n`
const justKey = (text: string) => block(text, 'PRIVATE KEY')
const justCertificate = (text: string) => block(text, 'CERTIFICATE')

/** A key alone, as a Pi has it whose card died. */
export const anotherKey = (): string =>
  execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], { encoding: 'utf8', stdio: 'pipe' })
