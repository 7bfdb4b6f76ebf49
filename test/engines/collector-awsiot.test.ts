import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { awsiotBackend } from '../../collector/backends/awsiot/backend.ts'
import { awsiotSchema } from '../../collector/backends/awsiot/config.ts'
import type { CollectorConfig } from '../../collector/config.ts'
import { collectorEntry } from '../../collector/entry.ts'
import type { Reading } from '../../collector/reading.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { AgentProcess, until } from './collector-support/agent-process.ts'
import { Certificates } from './collector-support/certificates.ts'
import { anotherKey, haveMosquitto, Mosquitto } from './mqtt-support/mosquitto.ts'

if (!haveMosquitto) console.warn('SKIPPED: collector with a real MQTT broker: mosquitto is missing (apt-get install mosquitto)')

const made = (location: string, count: number): readonly Reading[] =>
  Array.from({ length: count }, (_, index) => ({
    location,
    date: 1_700_000_000_000_001 + index * 1001,
    value: 20 + index / 1000,
    note: 'Küche',
  }))

describe.skipIf(!haveMosquitto)('collector with a real MQTT broker, by client certificate', { timeout: 60_000 }, () => {
  let broker: Mosquitto
  let reader: Awaited<ReturnType<Mosquitto['reader']>>
  const directory = mkdtempSync(path.join(tmpdir(), 'awsiot-'))

  beforeAll(async () => {
    broker = await Mosquitto.create()
    await broker.start()
    reader = await broker.reader()
  })
  afterAll(async () => {
    reader?.end()
    await broker?.destroy()
    rmSync(directory, { recursive: true, force: true })
  })

  const backend = (folder: string, change: object = {}) =>
    awsiotBackend(awsiotSchema.parse({ type: 'awsiot', thing: 'producer1', folder, ...change }))
  const arrived = (location: string) => reader.messages.flatMap(({ readings }) => readings.filter(reading => reading.location === location))
  /** What an error of connecting and storing means. */
  async function failure(to: ReturnType<typeof backend>, readings = made('x', 1)) {
    try {
      await to.connect()
      await to.store(readings)
      return 'stored'
    } catch (error) {
      return to.classify(error)
    } finally {
      await to.close()
    }
  }

  test('readings arrive on the topic of the thing, many in one message, to the microsecond', async () => {
    const to = backend(await broker.folderOf('producer1'))
    await to.connect()
    const readings = made('a', 1200)
    for (let from = 0; from < 1200; from += to.maxBatch) await to.store(readings.slice(from, from + to.maxBatch))
    await to.close()
    await until('all arrived', async () => arrived('a').length >= 1200)
    expect(arrived('a')).toEqual(readings)
    const own = reader.messages.filter(({ readings: [first] }) => first?.location === 'a')
    expect(own).toHaveLength(3)
    expect(new Set(own.map(({ topic }) => topic))).toEqual(new Set(['temperature/producer1/reading']))
  })

  test('another topic than its own is refused, and nothing arrives', async () => {
    const folder = await broker.folderOf('producer1')
    for (const topic of ['temperature/producer2/reading', 'temperature/producer1', 'temperature/producer1/reading/more'])
      expect(await failure(backend(folder, { topic }), made('b', 1))).toMatchObject({ kind: 'refused', code: 'NOT_AUTHORIZED' })
    await sleep(200)
    expect(arrived('b')).toEqual([])
  })

  test('a certificate of another CA is refused, and so is a broker of another', async () => {
    const other = await Certificates.make(directory, 'other')
    expect(await failure(backend(await broker.folderOf('producer1', other)))).toMatchObject({
      kind: 'refused',
      code: 'CERTIFICATE_REFUSED',
    })
    const folder = await broker.folderOf('producer1')
    copyFileSync(other.ca, path.join(folder, 'rootCA.pem'))
    expect(await failure(backend(folder))).toMatchObject({ kind: 'refused', code: 'TLS_UNTRUSTED' })
  })

  test('before anything is deployed, and after a card died, the readings wait for somebody to deploy', async () => {
    const folder = await broker.folderOf('producer1')
    writeFileSync(path.join(folder, 'private.pem.key'), anotherKey())
    expect(await failure(backend(folder))).toMatchObject({ kind: 'transient', code: 'CERTIFICATE_OF_ANOTHER_KEY' })
    rmSync(path.join(folder, 'certificate.pem.crt'))
    expect(await failure(backend(folder))).toMatchObject({ kind: 'transient', code: 'NO_CERTIFICATE_YET' })
    expect(await failure(backend(directory))).toMatchObject({ kind: 'transient', code: 'NO_CERTIFICATE_YET' })
  })

  test('a second connection of the same name takes the place of the first; load runs have names of their own', async () => {
    const folder = await broker.folderOf('producer1')
    const [first, second] = [backend(folder), backend(folder)]
    await first.connect()
    await second.connect()
    const putOut = () =>
      first.store(made('c', 1)).then(
        () => undefined,
        (error: unknown) => first.classify(error),
      )
    await until('the first is put out', async () => (await putOut())?.code === 'CLOSED')
    await second.store(made('c', 2))
    await Promise.all([first.close(), second.close()])
    const many = [1, 2, 3].map(() => backend(folder, { clientId: 'own' }))
    for (const each of many) await each.connect()
    await Promise.all(many.map(each => each.store(made('d', 1))))
    await Promise.all(many.map(each => each.close()))
  })

  test('a broker that is silent counts as away, within the time limit', async () => {
    const to = backend(await broker.folderOf('producer1'), { timeout: 500 })
    await to.connect()
    process.kill(broker.pid, 'SIGSTOP')
    try {
      const began = performance.now()
      expect(to.classify(await to.store(made('e', 1)).catch((error: unknown) => error))).toMatchObject({
        kind: 'transient',
        code: 'ETIMEDOUT',
      })
      expect(performance.now() - began).toBeLessThan(5000)
    } finally {
      process.kill(broker.pid, 'SIGCONT')
      await to.close()
    }
  })

  test('the agent is started before its certificate is there, the broker is killed twice: each reading arrives', async () => {
    const folder = await broker.folderOf('agent')
    const certificate = path.join(folder, 'certificate.pem.crt')
    copyFileSync(certificate, path.join(folder, 'later'))
    rmSync(certificate)
    writeFileSync(path.join(directory, 'temp'), '48312\n')
    const config: CollectorConfig = {
      location: 'agent',
      note: '{sequence}',
      interval: 20,
      sensor: path.join(directory, 'temp'),
      queue: { directory: path.join(directory, 'queue') },
      metrics: { address: '127.0.0.1', port: 0 },
      deadLetters: path.join(directory, 'dead'),
      backends: [{ type: 'awsiot', thing: 'agent', folder, timeout: 1000 }],
    }
    const bundle = await buildProgram(collectorEntry, { cache: directory })
    const agent = new AgentProcess(bundle.path, directory, config)
    await agent.start()
    try {
      await until('it says what is missing', async () => /NO_CERTIFICATE_YET.*deploy the stack/.test(await agent.page('/healthz')))
      copyFileSync(path.join(folder, 'later'), certificate)
      await until('readings arrive', async () => arrived('agent').length > 50)
      for (let turn = 0; turn < 2; turn++) {
        await broker.end('SIGKILL')
        await sleep(500)
        await broker.start()
        const before = arrived('agent').length
        await until('readings arrive again', async () => arrived('agent').length > before + 20)
      }
      expect(await agent.end('SIGTERM')).toBe(0)
    } finally {
      await agent.end('SIGKILL')
    }
    await sleep(500)
    const numbers = arrived('agent').map(({ note }) => Number(note))
    const last = Math.max(...numbers)
    const missing = Array.from({ length: last }, (_, index) => index + 1).filter(number => !numbers.includes(number))
    // A broker that is killed forgets what it had not handed on: it acknowledged that, and nobody has it.
    expect(missing.length, `missing: ${missing.join()}`).toBeLessThanOrEqual(4)
  })
})
