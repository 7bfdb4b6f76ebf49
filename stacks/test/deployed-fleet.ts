import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { keptFolder, keptOf } from '../../engine/kept.ts'
import { outputsName } from '../../roles/awsiot/names.ts'
import { parseOutputs, type Destroyed, type Outputs } from '../../roles/awsiot/outputs.ts'
import { keepRequest, parseRequest, type KeptRequests, type Request } from '../../roles/awsiot/request.ts'
import { stackTools } from '../tools.ts'
import type { Moto } from './moto.ts'

export const tools = stackTools()
if (typeof tools === 'string') console.warn(`SKIPPED: deploys against a mock of AWS: ${tools} (npm run stacks:tools)`)

export const region = 'eu-central-1'
const project = path.resolve(import.meta.dirname, '../..')

/** What a Pi would ask for. */
export function asked(host: string, folder: string): Request {
  const args = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${host}`]
  return parseRequest(execFileSync('openssl', [...args, '-keyout', path.join(folder, 'key')], { encoding: 'utf8', stdio: 'pipe' }), host)
}

/** A fleet of this run alone, deployed by the commands a person has. */
export class DeployedFleet {
  readonly file: string
  readonly kept
  readonly name: string
  readonly #folder: string

  /** @param name letters; it is made another one in each run, as what is synthesised is named by it */
  constructor(folder: string, name: string) {
    this.#folder = folder
    this.name = `${name}${process.pid}`
    this.file = path.join(folder, `${this.name}.yaml`)
    this.kept = keptOf(this.file, 'awsiot')
  }

  /** @param producers their places. @param more variables of each for AWS IoT */
  inventory(producers: Readonly<Record<string, string>>, more: Readonly<Record<string, unknown>> = {}): void {
    const hosts = Object.entries(producers).map(([name, location], index) => [
      name,
      { address: `192.0.2.${index + 1}`, model: 'rpi3b+', roles: ['base', 'awsiot', 'collector'], vars: { awsiot: { location, ...more } } },
    ])
    writeFileSync(this.file, JSON.stringify({ fleet: this.name, hosts: Object.fromEntries(hosts) as unknown }))
  }

  keeps(host: string, part: keyof KeptRequests, request: Request | undefined): void {
    keepRequest(this.kept, host, part, request)
  }

  run(verb: 'deploy' | 'destroy', moto: Moto): string {
    if (typeof tools === 'string') throw new Error(tools)
    const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', `stacks:${verb}`, '--', '--auto-approve'], {
      cwd: project,
      encoding: 'utf8',
      env: {
        ...process.env,
        ...tools.env,
        CI: '1',
        CDKTF_HOME: path.join(this.#folder, 'home'),
        FLEET_IDENTITY: path.join(this.#folder, 'identity.txt'),
        AWS_REGION: region,
        AWS_ENDPOINT_URL: moto.url,
        FLEET_INVENTORY: this.file,
      },
    })
    if (status !== 0) throw new Error(`${verb} ended with ${status}:\n${stdout}\n${stderr}`)
    return stdout
  }

  /** What the last deploy or destroy said. */
  said(): Outputs | Destroyed {
    return parseOutputs(this.kept(outputsName) ?? Buffer.from(''))
  }

  /** @throws Error where all is destroyed */
  outputs(): Outputs {
    const outputs = this.said()
    if ('destroyed' in outputs) throw new Error('all is destroyed')
    return outputs
  }

  state(): string {
    return readFileSync(this.#kept('terraform.tfstate'), 'utf8')
  }

  /** Rights of others than the owner on state and outputs. */
  openTo(): number {
    return ['terraform.tfstate', outputsName].reduce((all, name) => all | (statSync(this.#kept(name)).mode & 0o077), 0)
  }

  /** What is synthesised and where Terraform worked. */
  clean(): void {
    rmSync(path.join(project, 'cdktf.out', this.name), { recursive: true, force: true })
  }

  #kept(name: string): string {
    return path.join(keptFolder(this.file), 'awsiot', name)
  }
}
