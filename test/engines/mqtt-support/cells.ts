import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { X509Certificate } from 'node:crypto'
import { connectAsync, type MqttClient } from 'mqtt'
import type { Policy } from '../../../roles/producer-policy.ts'
import { Certificates } from '../collector-support/certificates.ts'
import { DataPlane } from './data-plane.ts'

const names = ['producer1', 'producer2', 'stranger']
/** What a certificate is attached to; the last two are inactive, and without the policy. */
const kinds = [
  { things: [] },
  { things: ['producer1'] },
  { things: ['producer2'] },
  { things: ['producer1', 'producer2'] },
  { things: ['producer1'], active: false },
  { things: ['producer1'], policy: false },
]
const topics = [
  ...names.flatMap(name => [
    `temperature/${name}/reading`,
    `temperature/${name}`,
    `temperature/${name}/reading/more`,
    `temperature/${name}/other`,
    `$aws/things/${name}/shadow/update`,
  ]),
  'temperature/*/reading',
]
const filters = [...topics, 'temperature/+/reading', 'temperature/producer1/#', '#']

/** A CA, a data plane with one policy, and certificates of it. */
export class Scene {
  readonly plane: DataPlane
  readonly certificates: Certificates
  readonly #folder: string

  private constructor(plane: DataPlane, certificates: Certificates, folder: string) {
    this.plane = plane
    this.certificates = certificates
    this.#folder = folder
  }

  static async open(policy: Policy): Promise<Scene> {
    const folder = mkdtempSync(path.join(tmpdir(), 'data-plane-'))
    const certificates = await Certificates.make(folder, 'scene')
    const { key, cert } = Certificates.read(await certificates.of('broker', ['127.0.0.1']))
    return new Scene(await DataPlane.start(policy, { key, cert, ca: certificates.authority.certificate }), certificates, folder)
  }

  /** A certificate that is registered so, with its key, in one file. */
  async made(kind: { readonly things: readonly string[]; readonly active?: boolean; readonly policy?: boolean }): Promise<string> {
    const file = await this.certificates.of('thing', ['thing'])
    this.plane.certificates.set(fingerprintOf(file), { active: true, policy: true, ...kind })
    return file
  }

  /** A connection by MQTT 5, which says of each act whether it is allowed. @throws where it is refused */
  connect(file: string, clientId: string): Promise<MqttClient> {
    const { key, cert } = Certificates.read(file)
    return connectAsync({
      protocol: 'mqtts',
      host: '127.0.0.1',
      port: this.plane.port,
      ca: this.certificates.authority.certificate,
      key,
      cert,
      clientId,
      protocolVersion: 5,
      reconnectPeriod: 0,
      connectTimeout: 20_000,
    })
  }

  async close(): Promise<void> {
    await this.plane.end()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

export const fingerprintOf = (file: string): string =>
  new X509Certificate(execFileSync('openssl', ['x509', '-in', file])).fingerprint256.replaceAll(':', '').toLowerCase()

const allowed = (attempt: Promise<unknown>): Promise<boolean> =>
  attempt.then(
    () => true,
    () => false,
  )

/**
 * Every cell of certificate × name of the connection × act that a data plane with this policy gets wrong, over real connections, in words;
 * and how many were looked at.
 */
export async function wrongCellsOver(policy: Policy): Promise<{ readonly cells: number; readonly wrong: readonly string[] }> {
  const scene = await Scene.open(policy)
  const wrong: string[] = []
  let cells = 0
  try {
    for (const kind of kinds) {
      const file = await scene.made(kind)
      const who = `${kind.things.join('+') || 'nobody'}${kind.active === false ? ' (inactive)' : ''}${kind.policy === false ? ' (no policy)' : ''}`
      for (const clientId of names) {
        const cell = (act: string, is: boolean, right: boolean): void => {
          cells++
          if (is !== right) wrong.push(`${who} as ${clientId}: ${act} is ${is ? 'allowed' : 'refused'}`)
        }
        const right = kind.things.includes(clientId) && kind.active !== false && kind.policy !== false
        const client = await scene.connect(file, clientId).catch(() => undefined)
        cell('connect', client !== undefined, right)
        // Who is not let in can do nothing else.
        if (!client) continue
        client.on('error', () => {})
        for (const topic of topics)
          cell(
            `publish on ${topic}`,
            await allowed(client.publishAsync(topic, 'x', { qos: 1 })),
            right && topic === `temperature/${clientId}/reading`,
          )
        for (const filter of filters) {
          const granted = await client.subscribeAsync(filter).catch(() => [])
          cell(`subscribe to ${filter}`, granted.length > 0 && granted.every(({ qos }) => qos < 0x80), false)
        }
        await client.endAsync(true)
      }
    }
  } finally {
    await scene.close()
  }
  return { cells, wrong }
}
