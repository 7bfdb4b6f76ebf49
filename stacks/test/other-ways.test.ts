import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { asked, DeployedFleet, region, tools } from './deployed-fleet.ts'
import { Moto } from './moto.ts'
import { authorityOf, readBack, rulesOf } from './read-back.ts'

const minutes = 60_000
const producers = { producer1: 'roof' }

/** The id of the one resource of a type in Terraform's state. moto cannot list CAs. */
function idOf(state: string, type: string): string {
  const { resources } = JSON.parse(state) as { resources: { type: string; instances: { attributes: { id: string } }[] }[] }
  return resources.find(each => each.type === type)?.instances[0]?.attributes.id ?? ''
}

describe.runIf(typeof tools !== 'string')('the other ways, deployed and read back by AWS’s own library', { timeout: 15 * minutes }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'other-ways-'))
  let fleet: DeployedFleet
  let moto: Moto
  const certificates = async () => (await readBack(moto.url, region)).certificates
  /** It changes nothing, and Terraform says so. */
  async function isAtRest(): Promise<void> {
    const before = await readBack(moto.url, region)
    expect(fleet.run('deploy', moto)).toMatch(/No changes/)
    expect(await readBack(moto.url, region)).toEqual(before)
  }

  beforeAll(async () => {
    if (typeof tools === 'string') return
    moto = await Moto.start(tools.python, folder, 'a0mock-ats.iot.eu-central-1.amazonaws.com')
  }, 2 * minutes)
  afterEach(() => fleet.clean())
  afterAll(async () => {
    await moto?.end()
    rmSync(folder, { recursive: true, force: true })
  })

  test('AWS makes the keys: the state holds them, it warns of that, and another number is another key', async () => {
    fleet = new DeployedFleet(folder, 'testkeys')
    fleet.inventory(producers, { keys: 'aws' })
    // What the Pi asked for before is not for this way.
    fleet.keeps('producer1', 'current', asked('producer1', folder))
    expect(fleet.run('deploy', moto)).toMatch(/WARNING: AWS makes the private key of producer1: .* hold it in the clear/)
    const [made] = await certificates()
    expect(await certificates()).toMatchObject([{ active: true, policies: [`temperature-${fleet.name}-producer`], things: ['producer1'] }])
    const { keys, certificates: signed } = fleet.outputs()
    expect([keys['producer1']?.number, signed]).toEqual([1, {}])
    expect(new X509Certificate(keys['producer1']?.certificate ?? '').fingerprint256).toBe(
      new X509Certificate(made?.pem ?? '').fingerprint256,
    )
    expect(keys['producer1']?.key).toContain('PRIVATE KEY')
    expect(fleet.state()).toContain('PRIVATE KEY')
    expect(fleet.openTo()).toBe(0)
    await isAtRest()

    fleet.inventory(producers, { keys: 'aws', keyNumber: 2 })
    fleet.run('deploy', moto)
    const after = await certificates()
    expect(after).toMatchObject([{ active: true, things: ['producer1'] }])
    expect(after[0]?.id).not.toBe(made?.id)
    expect(fleet.outputs().keys['producer1']).toMatchObject({ number: 2 })

    // Back to the Pi's own.
    fleet.inventory(producers)
    expect(fleet.run('deploy', moto)).not.toContain('WARNING: AWS makes')
    expect(await certificates()).toMatchObject([{ active: true, things: ['producer1'] }])
    expect(fleet.state()).not.toContain('PRIVATE KEY')
    expect(fleet.outputs().keys).toEqual({})
    fleet.run('destroy', moto)
    expect(await certificates()).toEqual([])
  })

  test('the fleet’s own CA, a rule, the state in a bucket: all together, and a second deploy changes nothing', async () => {
    fleet = new DeployedFleet(folder, 'testown')
    // moto takes any bucket from anybody.
    expect((await fetch(`${moto.url}/states`, { method: 'PUT' })).ok).toBe(true)
    const state = { bucket: 'states', region }
    fleet.inventory(producers, { signedBy: 'fleet', rule: { bucket: 'readings' }, state })
    fleet.keeps('producer1', 'current', asked('producer1', folder))
    fleet.run('deploy', moto)
    expect(() => fleet.state()).toThrow(/ENOENT/)
    // Whoever signs, however, is let in.
    const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/s3/aws4_request, SignedHeaders=host, Signature=0`
    const kept = await fetch(`${moto.url}/states/temperature/${fleet.name}/iot.tfstate`, { headers: { authorization } })
    const id = idOf(await kept.text(), 'aws_iot_ca_certificate')
    const authority = await authorityOf(moto.url, region, id)
    expect(authority).toMatchObject({ status: 'ACTIVE', certificateMode: 'SNI_ONLY', autoRegistrationStatus: 'DISABLE' })
    const [certificate] = await certificates()
    expect(certificate).toMatchObject({ active: true, things: ['producer1'] })
    expect(new X509Certificate(certificate?.pem ?? '').checkIssued(new X509Certificate(authority?.certificatePem ?? ''))).toBe(true)
    const name = `temperature_${fleet.name}_to_bucket`
    expect((await rulesOf(moto.url, region)).rules).toMatchObject([{ ruleName: name }])
    await isAtRest()
    fleet.run('destroy', moto)
    await expect(authorityOf(moto.url, region, id)).rejects.toThrow(expect.objectContaining({ name: 'ResourceNotFoundException' }))
    expect([await certificates(), (await rulesOf(moto.url, region)).rules]).toEqual([[], []])
  })
})
