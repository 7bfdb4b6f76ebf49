import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keptRequests } from '../../roles/awsiot/request.ts'
import { producerPolicy } from '../../roles/producer-policy.ts'
import { account } from '../../test/unit/stacks/data-plane.ts'
import { asked, DeployedFleet, region, tools } from './deployed-fleet.ts'
import { Moto } from './moto.ts'
import { readBack } from './read-back.ts'

const minutes = 60_000
const endpoint = 'a0mock-ats.iot.eu-central-1.amazonaws.com'

const publicKeyOf = (text: string) => execFileSync('openssl', ['req', '-noout', '-pubkey'], { input: text, encoding: 'utf8' }).trim()

describe.runIf(typeof tools !== 'string')('deploys, read back by AWS’s own library', { timeout: 15 * minutes }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'deploys-'))
  const fleet = new DeployedFleet(folder, 'testdeploys')
  const other = new DeployedFleet(folder, 'testother')
  let moto: Moto
  const there = () => readBack(moto.url, region)
  const certificatesOf = async (host: string) => (await there()).certificates.filter(({ things }) => things.includes(host))

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
    expect(groups).toEqual({ [`temperature-${fleet.name}`]: ['producer1', 'producer2'] })
    expect(policies).toEqual({ [`temperature-${fleet.name}-producer`]: producerPolicy(account) })
    expect(certificates).toMatchObject([{ active: true, policies: [`temperature-${fleet.name}-producer`], things: ['producer1'] }])
    const { current } = keptRequests(fleet.kept, 'producer1')
    const { certificates: given, endpoint: told, inactive } = fleet.outputs()
    const pem = given['producer1']?.[current?.fingerprint ?? ''] ?? ''
    expect(new X509Certificate(pem).fingerprint256).toBe(new X509Certificate(certificates[0]?.pem ?? '').fingerprint256)
    expect(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' }).toString().trim()).toBe(
      publicKeyOf(current?.pem ?? ''),
    )
    expect([told, inactive, given['producer2']]).toEqual([endpoint, {}, undefined])
  })

  test('no private key is in the state, and state and outputs are for their owner alone', () => {
    expect(fleet.state()).toContain('BEGIN CERTIFICATE')
    expect(fleet.state()).not.toContain('PRIVATE KEY')
    expect(fleet.openTo()).toBe(0)
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
    expect(other.said()).toHaveProperty('destroyed')
  })

  test('a key is renewed: two are active, then the old one is shut out, then it is gone', async () => {
    const [old] = await certificatesOf('producer1')
    const former = keptRequests(fleet.kept, 'producer1').current
    const next = asked('producer1', folder)
    fleet.keeps('producer1', 'former', former)
    fleet.keeps('producer1', 'next', next)
    fleet.run('deploy', moto)
    expect((await certificatesOf('producer1')).map(({ active }) => active)).toEqual([true, true])
    expect(Object.keys(fleet.outputs().certificates['producer1'] ?? {}).sort()).toEqual([former?.fingerprint, next.fingerprint].sort())

    fleet.keeps('producer1', 'current', next)
    fleet.keeps('producer1', 'retired', former)
    fleet.keeps('producer1', 'former', undefined)
    fleet.run('deploy', moto)
    expect((await certificatesOf('producer1')).map(({ id, active }) => [id === old?.id, active]).sort()).toEqual([
      [false, true],
      [true, false],
    ])
    expect(fleet.outputs().inactive).toEqual({ producer1: [former?.fingerprint] })

    for (const part of ['retired', 'next'] as const) fleet.keeps('producer1', part, undefined)
    fleet.run('deploy', moto)
    const { certificates } = await there()
    expect(certificates.map(({ id, active, things }) => [id === old?.id, active, things])).toEqual([[false, true, ['producer1']]])
  })

  test('a card that died: its Pi asks for another key, which gets a certificate, and the one before is gone', async () => {
    const [lost] = await certificatesOf('producer1')
    const again = asked('producer1', folder)
    fleet.keeps('producer1', 'current', again)
    fleet.run('deploy', moto)
    const { certificates } = await there()
    expect(certificates).toMatchObject([{ active: true, policies: [`temperature-${fleet.name}-producer`], things: ['producer1'] }])
    expect(certificates[0]?.id).not.toBe(lost?.id)
    expect(Object.keys(fleet.outputs().certificates['producer1'] ?? {})).toEqual([again.fingerprint])
  })

  test('a producer that left the inventory leaves AWS, with its certificate', async () => {
    fleet.keeps('producer2', 'current', asked('producer2', folder))
    fleet.run('deploy', moto)
    expect((await there()).certificates).toHaveLength(2)
    fleet.inventory({ producer2: 'cellar' })
    fleet.run('deploy', moto)
    const { things, groups, certificates } = await there()
    expect(Object.keys(things)).toEqual(['producer2'])
    expect(groups).toEqual({ [`temperature-${fleet.name}`]: ['producer2'] })
    expect(certificates.map(({ things: on }) => on)).toEqual([['producer2']])
    expect(Object.keys(fleet.outputs().certificates)).toEqual(['producer2'])
  })

  test('destroyed, nothing is left, and that is noted', async () => {
    expect(fleet.run('destroy', moto)).toContain('noted')
    expect(await there()).toEqual({ things: {}, groups: {}, policies: {}, certificates: [] })
    expect(fleet.said()).toHaveProperty('destroyed')
  })
})
