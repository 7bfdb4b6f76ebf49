import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../test/engines/collector-support/free-port.ts'
import { execFileSync } from 'node:child_process'

/** A mock of AWS on loopback, with a CA of its own that signs what things ask for. */
export class Moto {
  readonly url: string
  /** PEM of the CA. */
  readonly ca: string
  readonly #process: ChildProcess

  private constructor(url: string, ca: string, process: ChildProcess) {
    this.url = url
    this.ca = ca
    this.#process = process
  }

  /** @param endpoint where things are told to connect */
  static async start(python: string, folder: string, endpoint: string): Promise<Moto> {
    const [key, certificate, both] = ['moto.key', 'moto.crt', 'moto.pem'].map(name => path.join(folder, name)) as [string, string, string]
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=moto', '-keyout', key, '-out', certificate],
      { stdio: 'pipe' },
    )
    const ca = readFileSync(certificate, 'utf8')
    writeFileSync(both, `${ca}${readFileSync(key, 'utf8')}`, { mode: 0o600 })
    const port = await freePort()
    const child = spawn(python, [path.join(import.meta.dirname, 'moto-iot.py'), String(port), both, endpoint], { stdio: 'ignore' })
    const moto = new Moto(`http://127.0.0.1:${port}`, ca, child)
    for (let tries = 0; ; tries++) {
      if (child.exitCode !== null) throw new Error('moto has ended')
      if (
        await fetch(`${moto.url}/moto-api/`).then(
          ({ ok }) => ok,
          () => false,
        )
      )
        return moto
      if (tries > 600) throw new Error('moto does not answer')
      await sleep(100)
    }
  }

  async end(): Promise<void> {
    const over = once(this.#process, 'exit')
    if (this.#process.exitCode === null && this.#process.kill('SIGKILL')) await over
  }
}
