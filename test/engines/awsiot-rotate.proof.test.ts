import { execFileSync, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readingsOf } from '../../collector/backends/mqtt/message.ts'
import type { CollectorConfig } from '../../collector/config.ts'
import { collectorEntry } from '../../collector/entry.ts'
import { keptOf } from '../../engine/kept.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { filesIn, privateKey, request } from '../../roles/awsiot/key.ts'
import { outputsName } from '../../roles/awsiot/names.ts'
import { keepRequest, keptRequests, parseRequest, wantedOf } from '../../roles/awsiot/request.ts'
import { backward, forward, type World } from '../../roles/awsiot/rotate/drive.ts'
import { printsRequest } from '../../roles/awsiot/rotate/places.ts'
import { outputsOf, worldOf } from '../../roles/awsiot/rotate/world.ts'
import { producerPolicy } from '../../roles/producer-policy.ts'
import { account } from '../unit/stacks/data-plane.ts'
import { AgentProcess, until } from './collector-support/agent-process.ts'
import { Certificates } from './collector-support/certificates.ts'
import { DataPlane } from './mqtt-support/data-plane.ts'
import type { RotationTask } from './mqtt-support/rotation.ts'

const host = 'producer1'
const silent = () => {}
const sh = (text: string) => execFileSync('bash', ['-c', text], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const fingerprintOf = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()

/** Time runs faster for whoever waits for the agent; the agent's own does not, and the machine may be busy. */
const factor = 6
/** What a renewal does, one after the other. */
const acts = ['make', 'keep', 'deploy', 'place', 'switch', 'prove', 'retire', 'deploy', 'forget', 'deploy', 'tidy'] as const
const clock = { now: () => Date.now() * factor, pause: async (seconds: number) => void (await sleep((seconds * 1000) / factor)) }

describe('a key is renewed while the agent sends', { timeout: 20 * 60_000 }, () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'rotate-'))
  const folder = path.join(directory, 'awsiot')
  const owner = userInfo().username
  const kept = keptOf(path.join(directory, 'fleet.yaml'), 'awsiot')
  let certificates: Certificates
  let plane: DataPlane
  let agent: AgentProcess
  /** What AWS does with new certificates. */
  let attaches = true

  /** What Terraform does with what is kept, by AWS's rules; what it says then. */
  async function applied(): Promise<Buffer> {
    const wanted = wantedOf(keptRequests(kept, host))
    const before = outputsOf(kept).certificates[host] ?? {}
    const made: Record<string, string> = {}
    for (const { request, active } of wanted) {
      const pem = before[request.fingerprint] ?? known.get(request.fingerprint) ?? (await sign(request.pem))
      known.set(request.fingerprint, pem)
      const fingerprint = fingerprintOf(pem)
      const has = plane.certificates.get(fingerprint)
      if (!has) plane.certificates.set(fingerprint, { active, policy: attaches, things: [host] })
      else if (has.active && !active) plane.deactivate(fingerprint)
      else has.active = active
      if (active) made[request.fingerprint] = pem
    }
    for (const [request, pem] of known) {
      if (wanted.some(each => each.request.fingerprint === request)) continue
      plane.deactivate(fingerprintOf(pem))
      plane.certificates.delete(fingerprintOf(pem))
      known.delete(request)
    }
    const inactive = wanted.flatMap(({ request, active }) => (active ? [] : [request.fingerprint]))
    const outputs = { endpoint: '127.0.0.1', certificates: { [host]: made }, inactive: { [host]: inactive } }
    return Buffer.from(JSON.stringify({ iot: outputs }))
  }
  const deploy = async () => kept.keep(outputsName, await applied())
  const known = new Map<string, string>()
  const sign = (pem: string) => certificates.authority.issue(pem, { subject: host, names: [host], days: 30 })

  const pages = async () => `${await agent.page('/metrics')}\n${await agent.page('/healthz')}`
  const tools = {
    text: async (_host: string, shell: string) => sh(shell),
    // An agent that does not answer just then is asked again.
    attempt: () => pages().catch(() => undefined),
    page: () => '',
    kept,
    deploy,
    clock,
    folder,
    owner,
  }
  const world = worldOf(tools)
  const active = () => [...plane.certificates.values()].filter(each => each.active).length
  const from = () => keptRequests(kept, host).current?.fingerprint ?? ''
  const notes = () => plane.received.flatMap(({ payload }) => readingsOf(payload).map(({ note }) => Number(note)))

  /** Asked for a deploy by another process; goes on where that is gone, as AWS does. */
  const control = createServer((_request, response) => {
    queue = queue.then(applied).then(outputs => void response.end(outputs))
  })
  let queue: Promise<void> = Promise.resolve()

  /** A renewal in a process of its own, killed with all it started in or after its last act, where it has one; how it ended, what it did. */
  async function renewed(task: RotationTask): Promise<{ readonly ended: unknown; readonly did: readonly string[] }> {
    const run = spawn(process.execPath, [program, JSON.stringify(task)], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
    const ends = once(run, 'close')
    let text = ''
    let aimed = false
    run.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (aimed || text.split('\n').length - 1 !== task.most) return
      aimed = true
      setTimeout(() => run.pid !== undefined && process.kill(-run.pid, 'SIGKILL'), Math.random() * 40)
    })
    const [code, signal] = (await ends) as [unknown, unknown]
    return { ended: signal ?? code, did: text.trim().split('\n') }
  }
  let program: string

  beforeAll(async () => {
    control.listen(0, '127.0.0.1')
    program = (await buildProgram(path.join(import.meta.dirname, 'mqtt-support/rotation.ts'), { cache: directory })).path
    certificates = await Certificates.make(directory, 'fleet')
    const { key, cert } = Certificates.read(await certificates.of('broker', ['127.0.0.1']))
    plane = await DataPlane.start(producerPolicy(account), { key, cert, ca: certificates.authority.certificate })
    mkdirSync(folder)
    copyFileSync(certificates.ca, filesIn(folder).ca)
    writeFileSync(filesIn(folder).endpoint, `127.0.0.1:${plane.port}\n`)
    for (const { run } of [privateKey(filesIn(folder), owner), request(filesIn(folder), owner, host)]) sh(run)
    keepRequest(kept, host, 'current', parseRequest(sh(printsRequest(folder)), host))
    await deploy()
    writeFileSync(filesIn(folder).certificate, Object.values(outputsOf(kept).certificates[host] ?? {})[0] ?? '')
    writeFileSync(path.join(directory, 'temp'), '48312\n')
    const config: CollectorConfig = {
      location: host,
      note: '{sequence}',
      interval: 20,
      sensor: path.join(directory, 'temp'),
      queue: { directory: path.join(directory, 'queue') },
      metrics: { address: '127.0.0.1', port: 0 },
      deadLetters: path.join(directory, 'dead'),
      backends: [{ type: 'awsiot', thing: host, folder, timeout: 5000 }],
    }
    agent = new AgentProcess((await buildProgram(collectorEntry, { cache: directory })).path, directory, config)
    await agent.start()
    await until('readings arrive', async () => plane.received.length > 10)
  })
  afterAll(async () => {
    await agent?.end('SIGKILL')
    await plane?.end()
    control.close()
    rmSync(directory, { recursive: true, force: true })
  })

  test('the metric says with which certificate a reading was acknowledged', async () => {
    const { current, proven, issued } = await world.answer(host)
    expect(proven).toBe(current.certificate)
    expect(Math.abs((issued ?? 0) - Date.now() / 1000)).toBeLessThan(2 * 24 * 3600)
  })

  test('cut before or after each act, and resumed: one certificate is active, and the agent uses it', async () => {
    for (const [at, when] of [
      [1, 'after'],
      [3, 'after'],
      [4, 'before'],
      [5, 'after'],
      [7, 'before'],
      [8, 'after'],
    ] as const) {
      const began = from()
      let acts = 0
      const cutting: World = {
        look: world.look,
        async does(...act) {
          acts++
          if (acts === at && when === 'before') throw new Error('cut')
          await world.does(...act)
          if (acts === at) throw new Error('cut')
        },
      }
      await expect(forward(cutting, host, began, 'tidy', silent)).rejects.toThrow('cut')
      await forward(world, host, began, 'tidy', silent)
      expect([at, active(), plane.certificates.size]).toEqual([at, 1, 1])
      expect(from()).not.toBe(began)
      expect((await world.look(host)).current.request).toBe(from())
    }
  })

  test('SIGKILL in each act, and another run: one certificate is active, and the agent uses it', async () => {
    const { port } = control.address() as AddressInfo
    const task = { host, file: path.join(directory, 'fleet.yaml'), folder, owner, factor, agent: `http://127.0.0.1:${agent.port}` }
    const seen: string[] = []
    for (const [index, act] of acts.entries()) {
      const began = from()
      const own = { ...task, from: began, deploys: `http://127.0.0.1:${port}/` }
      const killed = await renewed({ ...own, most: index + 1 })
      expect([act, killed.ended, killed.did]).toEqual([act, 'SIGKILL', acts.slice(0, index + 1)])
      // What AWS was asked for it does.
      await queue
      const resumed = await renewed(own)
      expect([act, resumed.ended]).toEqual([act, 0])
      expect([act, active(), plane.certificates.size]).toEqual([act, 1, 1])
      expect(from()).not.toBe(began)
      expect((await world.look(host)).current.request).toBe(from())
      seen.push(`${act} (then ${resumed.did.join(', ')})`)
    }
    console.log(`killed in: ${seen.join('; ')}`)
  })

  test('one that AWS does not let in is put back, and given up', async () => {
    const began = from()
    attaches = false
    await expect(forward(world, host, began, 'tidy', silent)).rejects.toThrow(/nothing was acknowledged with the new certificate/)
    attaches = true
    expect((await world.look(host)).current.request).toBe(began)
    await backward(world, host, began, silent)
    expect([active(), plane.certificates.size, from()]).toEqual([1, 1, began])
    const before = plane.received.length
    await until('readings arrive again', async () => plane.received.length > before + 10)
  })

  test('no reading is lost in all of it', async () => {
    expect(await agent.end('SIGTERM')).toBe(0)
    const all = new Set(notes())
    const missing = Array.from({ length: Math.max(...all) }, (_, index) => index + 1).filter(number => !all.has(number))
    expect(missing).toEqual([])
  })
})
