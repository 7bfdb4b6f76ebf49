import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readingsOf } from '../../collector/backends/mqtt/message.ts'
import { keptFolder } from '../../engine/kept.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { stages } from '../../roles/awsiot/rotate/next.ts'
import { producerPolicy } from '../../roles/producer-policy.ts'
import { Certificates } from '../../test/engines/collector-support/certificates.ts'
import { DataPlane } from '../../test/engines/mqtt-support/data-plane.ts'
import { able, eventually, inside, told, Workplace } from '../../test/lab/engine-support.ts'
import { account } from '../../test/unit/stacks/data-plane.ts'
import { stackTools } from '../tools.ts'
import { Moto } from './moto.ts'
import { readBack } from './read-back.ts'

const tools = stackTools()
if (typeof tools === 'string') console.warn(`SKIPPED: a Pi and a mock of AWS: ${tools} (npm run stacks:tools)`)

const minutes = 60_000
const name = 'testawsdeploy'
const region = 'eu-central-1'
/** Where virtual Pis of this network see this machine. */
const here = '10.78.51.1'
/** Steps at which it is killed, each in a renewal of its own; ROTATE_CUTS names fewer. */
const cuts = process.env['ROTATE_CUTS']?.split(',') ?? [...stages]
const last = stages.at(-1) ?? ''
const project = path.resolve(import.meta.dirname, '../..')
const fingerprintOf = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()

describe.runIf(able && typeof tools !== 'string')('a virtual Pi, a mock of AWS, real deploys', { timeout: 60 * minutes }, () => {
  const place = new Workplace()
  let fleet: Fleet
  let file: string
  let moto: Moto
  let plane: DataPlane | undefined
  let certificates: Certificates
  let watching = true
  let watched: Promise<void> | undefined
  const on = (script: string) => inside(fleet, 'producer1', script)
  const env = () => ({
    ...(typeof tools === 'string' ? {} : tools.env),
    CI: '1',
    CDKTF_HOME: path.join(place.folder, 'home'),
    AWS_REGION: region,
    AWS_ENDPOINT_URL: moto.url,
  })
  const notes = () => (plane?.received ?? []).flatMap(({ payload }) => readingsOf(payload).map(({ note }) => Number(note)))
  /** What lets anybody in. */
  const good = async () =>
    (await readBack(moto.url, region)).certificates.filter(
      ({ active, policies, things }) => active && policies.length > 0 && things.length > 0,
    )

  /** The data plane knows of each change that the control plane took. */
  async function watch(): Promise<void> {
    while (watching && plane) {
      const { certificates: all } = await readBack(moto.url, region)
      const known = new Map(all.map(each => [fingerprintOf(each.pem), each]))
      for (const [fingerprint, { active, policies, things }] of known) {
        if (!active && plane.certificates.get(fingerprint)?.active) plane.deactivate(fingerprint)
        plane.certificates.set(fingerprint, { active, policy: policies.length > 0, things })
      }
      for (const fingerprint of plane.certificates.keys())
        if (!known.has(fingerprint)) {
          plane.deactivate(fingerprint)
          plane.certificates.delete(fingerprint)
        }
      await sleep(300)
    }
  }

  /** @param awsiot variables of its role */
  const written = (awsiot: object = {}): string =>
    place.write('fleet', name, {
      hosts: {
        producer1: {
          address: '10.78.51.20',
          user: 'pi',
          model: 'rpi3b+',
          os: 'trixie',
          roles: ['base', 'awsiot', 'collector'],
          vars: { awsiot, collector: { interval: 100, note: '{sequence}' } },
        },
      },
    })
  /** The whole way in one command; what it said. */
  async function deployed(): Promise<string> {
    const { code, text } = told(await place.command('provision', ['--inventory', file, '--deploy', '--yes'], env()))
    expect([code, text]).toEqual([0, expect.stringContaining('producer1: a reading was acknowledged with its certificate')])
    return text
  }

  /** Renews the key, and kills that with all it started a moment after it said something; how it ended, and what it said. */
  async function killedAt(word: string): Promise<{ readonly signal: unknown; readonly text: string }> {
    const words = [path.join(project, 'scripts/bin/rotate.mjs'), '--inventory', file, 'producer1', '--yes']
    const run = spawn(process.execPath, words, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...place.env, ...env() },
    })
    const ended = once(run, 'close')
    let text = ''
    let aimed = false
    const hear = (chunk: Buffer): void => {
      text += chunk.toString()
      if (aimed || !text.includes(word)) return
      aimed = true
      const kill = () => run.pid !== undefined && process.kill(-run.pid, 'SIGKILL')
      // The last step is done in no time.
      if (word.includes(last)) kill()
      else setTimeout(kill, 400)
    }
    run.stdout.on('data', hear)
    run.stderr.on('data', hear)
    const [, signal] = (await ended) as [unknown, unknown]
    return { signal, text }
  }

  beforeAll(async () => {
    if (typeof tools === 'string') return
    place.patience = 15 * minutes
    file = written()
    fleet = await place.boot(file)
    moto = await Moto.start(tools.python, place.folder, here)
    certificates = await Certificates.make(place.folder, 'aws')
    const { key, cert } = Certificates.read(await certificates.of('endpoint', [here]))
    plane = await DataPlane.start(producerPolicy(account), { key, cert, ca: moto.ca }, { address: here, port: 8883 })
    watched = watch()
  }, 5 * minutes)
  afterAll(async () => {
    watching = false
    await watched?.catch(() => {})
    await plane?.end()
    await moto?.end()
    rmSync(path.join(project, 'cdktf.out', name), { recursive: true, force: true })
    await place.end(fleet)
  }, 2 * minutes)

  test('one command: key and request on the Pi, a deploy, the certificate in place, a reading acknowledged', async () => {
    // The endpoint's certificate is of another CA here than Amazon's.
    const bundle = Buffer.from(certificates.authority.certificate).toString('base64')
    const root = '/usr/share/ca-certificates/mozilla/Amazon_Root_CA_1.crt'
    await on(`[ -e ${root} ] || { apt-get -q -y update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install ca-certificates; }
echo ${bundle} | base64 -d >${root}`)
    const refused = told(await place.command('provision', ['--inventory', file, '--deploy'], env()))
    expect([refused.code, refused.text]).toEqual([64, expect.stringContaining('--yes')])

    expect(await on('ls /etc/awsiot 2>/dev/null || true')).toBe('')
    expect(await deployed()).toMatch(/about [\d.]+ \$ a month/)
    expect(plane?.received.length).toBeGreaterThan(0)
    expect(await good()).toHaveLength(1)
    expect(await on('ls /etc/awsiot && stat -c %a /etc/awsiot/*.crt /etc/awsiot/private.pem.key | sort -u')).toMatch(
      /certificate\.pem\.crt[^]*private\.pem\.key[^]*public\.pem\.key[^]*rootCA\.pem[^]*600$/,
    )
  })

  test('a second time it changes nothing, and says what it sees', async () => {
    const before = await good()
    expect(await deployed()).toContain('No changes')
    expect(await good()).toEqual(before)
  })

  test('rotate over SSH; killed at each step, with all it started, and resumed: one certificate lets in', async () => {
    for (const state of cuts) {
      const before = (await good())[0]?.id
      const { signal, text } = await killedAt(`: ${state}: `)
      expect([state, signal, text]).toEqual([state, 'SIGKILL', expect.any(String)])
      writeFileSync(path.join(place.folder, `${state}.log`), text)
      const resumed = told(await place.command('rotate', ['--inventory', file, '--resume', '--yes'], env()))
      const over = state === last && resumed.text.includes('no rotation of this certificate was cut off')
      expect([state, resumed.code, resumed.text]).toEqual([state, over ? 1 : 0, expect.any(String)])
      const after = await good()
      expect([state, after.length, after[0]?.id === before]).toEqual([state, 1, false])
      expect(await on('ls -d /etc/awsiot/next /etc/awsiot/former 2>/dev/null || true')).toBe('')
    }
  })

  test('a card that died: another key, another certificate, and the one before lets nobody in', async () => {
    const [lost] = await good()
    await on('systemctl stop collector; rm -r /etc/awsiot')
    await deployed()
    const after = await good()
    expect([after.length, after[0]?.id === lost?.id]).toEqual([1, false])
    expect((await readBack(moto.url, region)).certificates.map(({ id }) => id)).toEqual([after[0]?.id])
  })

  test('AWS makes the key, with a warning; and back: the Pi makes one of its own, and no state holds one', async () => {
    const [own] = await good()
    written({ keys: 'aws' })
    expect(await deployed()).toMatch(/WARNING: AWS makes the private key of producer1/)
    const [given] = await good()
    expect(given?.id).not.toBe(own?.id)
    expect(await on('openssl pkey -in /etc/awsiot/private.pem.key -noout -text | head -1; ls /etc/awsiot')).toMatch(
      /2048 bit[^]*key-of-aws/,
    )
    written()
    expect(await deployed()).not.toMatch(/AWS makes the private key/)
    expect((await good()).map(({ id }) => id)).toEqual([expect.not.stringMatching(`^(${given?.id}|${own?.id})$`)])
    expect(await on('ls /etc/awsiot')).not.toContain('key-of-aws')
    expect(readFileSync(path.join(keptFolder(file), 'awsiot', 'terraform.tfstate'), 'utf8')).not.toContain('PRIVATE KEY')
  })

  test('no reading is lost in all of it', async () => {
    await on('systemctl stop collector')
    await eventually(async () => {
      const waits = await on('/usr/local/bin/collect queue --config /etc/collector/config.json --json')
      return !/"readings":[1-9]/.test(waits)
    })
    const all = new Set(notes())
    const missing = Array.from({ length: Math.max(...all) }, (_, index) => index + 1).filter(number => !all.has(number))
    expect(missing).toEqual([])
  })

  test('destroyed, the next provision takes the certificate from the Pi', async () => {
    const destroys = spawn('npm', ['run', '--silent', 'stacks:destroy', '--', '--auto-approve'], {
      cwd: project,
      stdio: 'ignore',
      env: { ...process.env, ...env(), FLEET_INVENTORY: file },
    })
    expect(await once(destroys, 'close')).toEqual([0, null])
    expect((await readBack(moto.url, region)).certificates).toEqual([])
    expect(told(await place.command('provision', ['--inventory', file])).code).toBe(0)
    expect(await on('ls /etc/awsiot')).not.toContain('certificate.pem.crt')
  })
})
