import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keptFolder, keptOf } from '../../engine/kept.ts'
import { outputsName } from '../../roles/awsiot/names.ts'
import { parseOutputs } from '../../roles/awsiot/outputs.ts'
import { keepRequest, keptRequests, parseRequest, type KeptRequests, type Request } from '../../roles/awsiot/request.ts'
import { producerPolicy } from '../../roles/producer-policy.ts'
import { account } from '../../test/unit/stacks/data-plane.ts'
import { stackTools } from '../tools.ts'
import { Moto } from './moto.ts'
import { readBack } from './read-back.ts'

const tools = stackTools()
if (typeof tools === 'string') console.warn(`SKIPPED: deploys against a mock of AWS: ${tools} (npm run stacks:tools)`)

const minutes = 60_000
const region = 'eu-central-1'
const endpoint = 'a0mock-ats.iot.eu-central-1.amazonaws.com'
const project = path.resolve(import.meta.dirname, '../..')

/** What a Pi would ask for. */
function asked(host: string, folder: string): Request {
  const args = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${host}`]
  return parseRequest(execFileSync('openssl', [...args, '-keyout', path.join(folder, 'key')], { encoding: 'utf8', stdio: 'pipe' }), host)
}
const publicKeyOf = (text: string) => execFileSync('openssl', ['req', '-noout', '-pubkey'], { input: text, encoding: 'utf8' }).trim()

class DeployedFleet {
  readonly file: string
  readonly kept
  readonly #folder: string
  readonly #name: string

  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#name = name
    this.file = path.join(folder, `${name}.yaml`)
    this.kept = keptOf(this.file, 'awsiot')
  }

  inventory(producers: Readonly<Record<string, string>>): void {
    const hosts = Object.entries(producers).map(([name, location], index) => [
      name,
      { address: `192.0.2.${index + 1}`, model: 'rpi3b+', roles: ['base', 'awsiot', 'collector'], vars: { awsiot: { location } } },
    ])
    writeFileSync(this.file, JSON.stringify({ fleet: this.#name, hosts: Object.fromEntries(hosts) as unknown }))
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
        AWS_REGION: region,
        AWS_ENDPOINT_URL: moto.url,
        FLEET_INVENTORY: this.file,
      },
    })
    if (status !== 0) throw new Error(`${verb} ended with ${status}:\n${stdout}\n${stderr}`)
    return stdout
  }

  outputs() {
    return parseOutputs(this.kept(outputsName) ?? Buffer.from(''))
  }

  /** What is synthesised and where Terraform worked. */
  clean(): void {
    rmSync(path.join(project, 'cdktf.out', this.#name), { recursive: true, force: true })
  }
}

describe.runIf(typeof tools !== 'string')('deploys, read back by AWS’s own library', { timeout: 15 * minutes }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'deploys-'))
  const fleet = new DeployedFleet(folder, 'testdeploys')
  const other = new DeployedFleet(folder, 'testother')
  let moto: Moto
  const there = () => readBack(moto.url, region)
  const certificatesOf = async (host: string) => (await there()).certificates.filter(({ things }) => things.includes(host))
  const outputsOf = () => {
    const outputs = fleet.outputs()
    if ('destroyed' in outputs) throw new Error('all is destroyed')
    return outputs
  }
  const state = () => readFileSync(path.join(keptFolder(fleet.file), 'awsiot', 'terraform.tfstate'), 'utf8')

  beforeAll(async () => {
    if (typeof tools === 'string') return
    moto = await Moto.start(tools.python, folder, endpoint)
    fleet.inventory({ producer1: 'roof', producer2: 'cellar' })
    fleet.keeps('producer1', 'current', asked('producer1', folder))
  }, 2 * minutes)
  afterAll(async () => {
    await moto?.end()
    for (const each of [fleet, other]) each.clean()
    rmSync(folder, { recursive: true, force: true })
  })

  test('the first makes things, a certificate for the key that was asked for, and the policy as it was written', async () => {
    const said = fleet.run('deploy', moto)
    expect(said).toMatch(/about [\d.]+ \$ a month/)
    expect(said).toContain('producer2 has no certificate yet')
    const { things, groups, policies, certificates } = await there()
    expect(things).toEqual({ producer1: { model: 'rpi3bplus', location: 'roof' }, producer2: { model: 'rpi3bplus', location: 'cellar' } })
    expect(groups).toEqual({ 'temperature-testdeploys': ['producer1', 'producer2'] })
    expect(policies).toEqual({ 'temperature-testdeploys-producer': producerPolicy(account) })
    expect(certificates).toMatchObject([{ active: true, policies: ['temperature-testdeploys-producer'], things: ['producer1'] }])
    const { current } = keptRequests(fleet.kept, 'producer1')
    const { certificates: given, endpoint: said2, inactive } = outputsOf()
    const pem = given['producer1']?.[current?.fingerprint ?? ''] ?? ''
    expect(new X509Certificate(pem).fingerprint256).toBe(new X509Certificate(certificates[0]?.pem ?? '').fingerprint256)
    expect(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' }).toString().trim()).toBe(
      publicKeyOf(current?.pem ?? ''),
    )
    expect([said2, inactive, given['producer2']]).toEqual([endpoint, {}, undefined])
  })

  test('no private key is in the state, and state and outputs are for their owner alone', () => {
    expect(state()).toContain('BEGIN CERTIFICATE')
    expect(state()).not.toContain('PRIVATE KEY')
    for (const name of ['terraform.tfstate', outputsName])
      expect(statSync(path.join(keptFolder(fleet.file), 'awsiot', name)).mode & 0o077).toBe(0)
  })

  test('the second changes nothing', async () => {
    const before = await there()
    expect(fleet.run('deploy', moto)).toMatch(/No changes/)
    expect(await there()).toEqual(before)
  })

  test('another fleet of the same account and folder leaves it alone', async () => {
    const before = await there()
    other.inventory({ elsewhere: 'attic' })
    other.run('deploy', moto)
    expect((await there()).things).toEqual({ ...before.things, elsewhere: { model: 'rpi3bplus', location: 'attic' } })
    other.run('destroy', moto)
    expect(await there()).toEqual(before)
    expect(other.outputs()).toHaveProperty('destroyed')
  })

  test('a key is renewed: two are active, then the old one is shut out, then it is gone', async () => {
    const [old] = await certificatesOf('producer1')
    const former = keptRequests(fleet.kept, 'producer1').current
    const next = asked('producer1', folder)
    fleet.keeps('producer1', 'former', former)
    fleet.keeps('producer1', 'next', next)
    fleet.run('deploy', moto)
    expect((await certificatesOf('producer1')).map(({ active }) => active)).toEqual([true, true])
    expect(Object.keys(outputsOf().certificates['producer1'] ?? {}).sort()).toEqual([former?.fingerprint, next.fingerprint].sort())

    fleet.keeps('producer1', 'current', next)
    fleet.keeps('producer1', 'retired', former)
    fleet.keeps('producer1', 'former', undefined)
    fleet.run('deploy', moto)
    expect((await certificatesOf('producer1')).map(({ id, active }) => [id === old?.id, active]).sort()).toEqual([
      [false, true],
      [true, false],
    ])
    expect(outputsOf().inactive).toEqual({ producer1: [former?.fingerprint] })

    for (const part of ['retired', 'next'] as const) fleet.keeps('producer1', part, undefined)
    fleet.run('deploy', moto)
    const { certificates } = await there()
    expect(certificates.map(({ id, active, things }) => [id === old?.id, active, things])).toEqual([[false, true, ['producer1']]])
  })

  test('a producer that left the inventory leaves AWS, with its certificate', async () => {
    fleet.keeps('producer2', 'current', asked('producer2', folder))
    fleet.run('deploy', moto)
    expect((await there()).certificates).toHaveLength(2)
    fleet.inventory({ producer2: 'cellar' })
    fleet.run('deploy', moto)
    const { things, groups, certificates } = await there()
    expect(Object.keys(things)).toEqual(['producer2'])
    expect(groups).toEqual({ 'temperature-testdeploys': ['producer2'] })
    expect(certificates.map(({ things: on }) => on)).toEqual([['producer2']])
    expect(Object.keys(outputsOf().certificates)).toEqual(['producer2'])
  })

  test('destroyed, nothing is left, and that is noted', async () => {
    expect(fleet.run('destroy', moto)).toContain('noted')
    expect(await there()).toEqual({ things: {}, groups: {}, policies: {}, certificates: [] })
    expect(fleet.outputs()).toHaveProperty('destroyed')
  })
})
