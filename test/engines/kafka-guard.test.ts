import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaBackend } from '../../collector/backends/kafka/backend.ts'
import { kafkaSchema } from '../../collector/backends/kafka/config.ts'
import type { Reading } from '../../collector/reading.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { rulesOf } from '../../roles/kafka/cluster/wanted.ts'
import { guardConfig, guardEntry } from '../../roles/kafka/guard/config.ts'
import { clusterId } from '../../roles/kafka/identity.ts'
import { until } from './collector-support/agent-process.ts'
import { Card } from './collector-support/card.ts'
import { freePort } from './collector-support/free-port.ts'
import { destroyCluster, fleetOnLoopback, KafkaBroker, kafkaKit, type KafkaKit } from './kafka-support/kafka-broker.ts'
import { consumed } from './kafka-support/consumed.ts'

const possible = ['java', 'mvn'].every(program => spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0) && Card.possible()
if (!possible) console.warn('SKIPPED: guard of a card with a real Kafka: it needs java, mvn, and root for a small file system')

const user = 'producer.one'
const MiB = 2 ** 20

describe.skipIf(!possible)('the guard of a card', { timeout: 240_000 }, () => {
  let kit: KafkaKit
  let broker: KafkaBroker
  let data: string
  let guard: ChildProcess | undefined
  let port: number
  let program: string

  beforeAll(async () => {
    kit = await kafkaKit()
    port = await freePort()
    broker = await KafkaBroker.create(kit, await fleetOnLoopback({ floor: 64, guardPort: port }), 0)
    data = join(broker.folder, 'data')
    program = (await buildProgram(guardEntry)).path
    expect(broker.format(clusterId('test'), 'starts').status).toBe(0)
    // The storage moves to a small card.
    const aside = `${data}.aside`
    execFileSync('mv', [data, aside])
    mkdirSync(data)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', data])
    execFileSync('cp', ['-a', `${aside}/.`, data])
    await broker.start()
    const places = Array.from({ length: 2 }, () => [broker.member.id])
    await broker.errand({
      change: [
        { user, password: 'right' },
        { user: 'reader', password: 'reads' },
        { makeTopic: 'temperature', places, configs: {} },
        {
          allow: [
            ...rulesOf(user, 'temperature'),
            { user: 'reader', operation: 'read', resource: 'topic', name: 'temperature' },
            { user: 'reader', operation: 'read', resource: 'group', name: 'reader' },
          ],
        },
      ],
    })
  }, 180_000)

  afterAll(async () => {
    guard?.kill('SIGKILL')
    await broker.stop('SIGKILL')
    spawnSync('umount', ['-l', data])
    await destroyCluster(kit, [broker])
  })

  function starts(): void {
    const { at, caFile, ownFile } = broker.files
    const config = { ...guardConfig(broker.member), at: at[0], caFile, ownFile, folder: data }
    const file = join(broker.folder, 'guard.json')
    writeFileSync(file, JSON.stringify(config))
    guard = spawn(process.execPath, [program, file, '127.0.0.1'], { stdio: 'inherit' })
  }
  /** A figure of its page. */
  async function figure(name: string): Promise<number | undefined> {
    const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
      answer => answer.text(),
      () => '',
    )
    const found = new RegExp(`^kafka_guard_${name} (.+)$`, 'm').exec(text)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const state = (wanted: number) => until(`state ${wanted}`, async () => (await figure('state')) === wanted)
  /** Something else than Kafka takes the card. */
  const fills = (name: string, mib: number) => writeFileSync(join(broker.folder, 'data', `lost+found-${name}`), Buffer.alloc(mib * MiB))
  const goes = (name: string) => rmSync(join(broker.folder, 'data', `lost+found-${name}`))

  const backend = () =>
    kafkaBackend({
      ...kafkaSchema.parse({
        type: 'kafka',
        hosts: [`${broker.member.host.address}:${broker.member.vars.port}`],
        user,
        tls: { ca: kit.certificates.ca },
        timeout: 5000,
      }),
      password: () => 'right',
    })
  let made = 0
  const batch = (count: number): readonly Reading[] =>
    Array.from({ length: count }, () => ({ location: 'one', date: 1_700_000_000_000_000 + made * 1000, value: made++ / 1000, note: '' }))

  test('takes nothing before the card is full, reads go on, and goes on by itself; each reading is there once', async () => {
    starts()
    await state(0)
    const to = backend()
    const kinds: string[] = []
    /** As the agent does it: what was not taken is sent again until it is, in order. */
    async function deliver(readings: readonly Reading[], signal: { stop: boolean }): Promise<boolean> {
      while (!signal.stop) {
        try {
          await to.connect()
          await to.store(readings)
          return true
        } catch (error) {
          kinds.push(to.classify(error).kind)
          await to.close()
          await sleep(300)
        }
      }
      return false
    }
    const never = { stop: false }
    expect(await deliver(batch(500), never)).toBe(true)

    // Less than twice the floor is free: producers are slowed down, and served.
    const room = Math.floor(((await figure('free_bytes')) ?? 0) / MiB)
    fills('a', room - 100)
    await state(1)
    expect(await deliver(batch(500), never)).toBe(true)
    expect(await figure('taking')).toBe(1)

    fills('b', 50)
    await state(2)
    expect(await figure('taking')).toBe(0)
    const held = { stop: false }
    const waiting = batch(500)
    const delivery = deliver(waiting, held)
    await sleep(6000)
    expect((await consumed(kit, broker)).length).toBe(1000)
    expect(kinds.length).toBeGreaterThan(0)
    // A reading that is held must never be taken for one that can never be stored.
    expect(kinds).not.toContain('reading')

    // Silence is no consent: while the guard is dead nothing is taken, though there is room, and also after the broker was killed.
    guard?.kill('SIGKILL')
    goes('b')
    goes('a')
    await broker.stop('SIGKILL')
    await broker.start()
    await sleep(3000)
    expect((await consumed(kit, broker)).length).toBe(1000)
    starts()
    await state(0)
    expect(await delivery).toBe(true)
    expect(await deliver(batch(500), never)).toBe(true)
    await to.close()
    const dates = await consumed(kit, broker)
    expect(dates).toEqual(Array.from({ length: 2000 }, (_, index) => 1_700_000_000_000_000 + index * 1000))
  })

  test('a broker that asked for it and is silent keeps the others from taking, until a person lets go', async () => {
    await broker.errand({ change: [{ hold: 4711, level: 2 }] })
    await until('nothing is taken', async () => (await figure('taking')) === 0)
    expect(await figure('state')).toBe(0)
    await broker.errand({ change: [{ hold: 4711, level: 0 }] })
    await until('readings are taken', async () => (await figure('taking')) === 1)
  })
})
