import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAuthority, type Authority } from '../../../engine/ca/authority.ts'
import { openSecrets } from '../../../engine/secrets/secrets.ts'

/** A fleet's CA with its certificate in a file, and what it signs: as the engine does it on a Pi. */
export class Certificates {
  readonly ca: string
  readonly authority: Authority
  readonly #directory: string

  private constructor(directory: string, fleet: string, authority: Authority) {
    this.#directory = directory
    this.authority = authority
    this.ca = join(directory, `${fleet}-ca.pem`)
    writeFileSync(this.ca, authority.certificate)
  }

  static async make(directory: string, fleet: string): Promise<Certificates> {
    return new Certificates(
      directory,
      fleet,
      await openAuthority(openSecrets(join(directory, `${fleet}.yaml`), { env: {}, home: directory }), fleet, false),
    )
  }

  /** A file with a private key and the certificate for it. */
  async of(subject: string, names: readonly string[]): Promise<string> {
    const path = join(this.#directory, `${subject}-${Math.random().toString(36).slice(2)}.pem`)
    execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', path], { stdio: 'pipe' })
    const request = execFileSync('openssl', ['req', '-new', '-key', path, '-subj', '/CN=request'], { encoding: 'utf8', stdio: 'pipe' })
    appendFileSync(path, await this.authority.issue(request, { subject, names, days: 30 }))
    return path
  }

  /** What node's TLS takes of such a file. */
  static read(path: string): { readonly key: string; readonly cert: string } {
    const text = readFileSync(path, 'utf8')
    return { key: text, cert: text }
  }
}
