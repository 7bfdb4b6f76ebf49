import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectorEntry } from '../../../collector/entry.ts'
import { buildProgram } from '../../../engine/programs/index.ts'
import { AgentProcess } from '../../engines/collector-support/agent-process.ts'
import { pester } from './hostile-requests.ts'

/** `npm run proof:metrics-port` sends 100,000. */
const requests = Number(process.env['METRICS_PORT_REQUESTS'] ?? 2000)
const seed = Number(process.env['METRICS_PORT_SEED'] ?? Date.now() % 2 ** 31)

describe('the port for metrics, which anybody may reach', { timeout: 30 * 60_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'metrics-port-'))
  let agent: AgentProcess

  beforeAll(async () => {
    const { path } = await buildProgram(collectorEntry)
    writeFileSync(join(directory, 'sensor'), '48312\n')
    agent = new AgentProcess(path, directory, {
      location: 'p',
      rate: 20,
      sensor: join(directory, 'sensor'),
      queue: { directory: join(directory, 'queue') },
      deadLetters: join(directory, 'dead'),
      metrics: { address: '127.0.0.1', port: 0 },
      backends: [{ type: 'mariadb', hosts: ['127.0.0.1:1'] }],
    })
    await agent.start()
  }, 60_000)
  afterAll(async () => {
    await agent.end('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  })

  test('a request for // is answered', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(agent.port, '127.0.0.1', () => socket.end('GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'))
      socket
        .on('data', bytes => resolve(bytes.toString()))
        .on('error', reject)
        .on('close', () => reject(new Error('no answer')))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 404 /)
  })

  test(`${requests} hostile requests neither end the agent nor keep it from measuring (seed ${seed})`, async () => {
    await pester(agent.port, requests, seed)
    const before = await agent.metric('collector_readings_total')
    await expect.poll(() => agent.metric('collector_readings_total'), { timeout: 10_000 }).toBeGreaterThan(before)
    expect(await agent.metric('collector_defects_total')).toBe(0)
    expect(await agent.end('SIGTERM')).toBe(0)
  })
})
