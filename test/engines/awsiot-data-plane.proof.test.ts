import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { awsiotBackend } from '../../collector/backends/awsiot/backend.ts'
import { awsiotSchema } from '../../collector/backends/awsiot/config.ts'
import { readingsOf } from '../../collector/backends/mqtt/message.ts'
import { producerPolicy } from '../../roles/producer-policy.ts'
import { account } from '../unit/stacks/data-plane.ts'
import { until } from './collector-support/agent-process.ts'
import { fingerprintOf, Scene } from './mqtt-support/cells.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'limits-'))
let scene: Scene
let file: string
let folder: string

beforeAll(async () => {
  scene = await Scene.open(producerPolicy(account))
  file = await scene.made({ things: ['producer1'] })
  folder = path.join(directory, 'awsiot')
  mkdirSync(folder)
  for (const name of ['private.pem.key', 'certificate.pem.crt']) copyFileSync(file, path.join(folder, name))
  copyFileSync(scene.certificates.ca, path.join(folder, 'rootCA.pem'))
  writeFileSync(path.join(folder, 'endpoint'), `127.0.0.1:${scene.plane.port}\n`)
})
afterAll(async () => {
  await scene?.close()
  rmSync(directory, { recursive: true, force: true })
})

const backend = (change: object = {}) =>
  awsiotBackend(awsiotSchema.parse({ type: 'awsiot', thing: 'producer1', folder, timeout: 20_000, ...change }))
const made = (count: number, note = '') =>
  Array.from({ length: count }, (_, index) => ({ location: 'producer1', date: 1_700_000_000_000_001 + index, value: 20, note }))

test('the agent stays below 100 messages a second; without its pace some are thrown away', async () => {
  const [within, without] = [backend({ batch: 1 }), backend({ batch: 1, messages: 0, timeout: 1000 })]
  await within.connect()
  await within.store(made(200))
  expect([scene.plane.received.length, scene.plane.discarded]).toEqual([200, 0])
  await within.close()
  await without.connect()
  await expect(without.store(made(200))).rejects.toThrow('no answer')
  expect(scene.plane.discarded).toBeGreaterThan(0)
  await without.close()
})

test('the largest message of the agent is taken, and what is above 128 KiB ends the connection', async () => {
  const before = scene.plane.received.length
  const agent = backend()
  await agent.connect()
  await agent.store(made(500, 'x'.repeat(255)))
  await agent.close()
  const messages = scene.plane.received.slice(before)
  expect(messages.flatMap(({ payload }) => readingsOf(payload))).toHaveLength(500)
  const raw = await scene.connect(file, 'producer1')
  const ended = new Promise<void>(resolve => raw.once('close', () => resolve()))
  raw.publish('temperature/producer1/reading', Buffer.alloc(128 * 1024 + 1), { qos: 1 }, () => {})
  await ended
  expect(scene.plane.received).toHaveLength(before + messages.length)
})

test('a second connection of one name takes the place of the first', async () => {
  const [first, second] = [backend(), backend()]
  await first.connect()
  await second.connect()
  await sleep(200)
  const failure = first.classify(await first.store(made(1)).catch((error: unknown) => error))
  expect(failure).toMatchObject({ code: 'TAKEN_OVER' })
  await second.store(made(1))
  await Promise.all([first.close(), second.close()])
})

test('a certificate that is shut out ends its live session, and lets nobody in again', async () => {
  const agent = backend()
  await agent.connect()
  await agent.store(made(1))
  scene.plane.deactivate(fingerprintOf(file))
  await until('the session is over', async () =>
    agent.store(made(1)).then(
      () => false,
      () => true,
    ),
  )
  await agent.close()
  expect(agent.classify(await agent.connect().catch((error: unknown) => error))).toMatchObject({ kind: 'refused', code: 'NOT_AUTHORIZED' })
})
