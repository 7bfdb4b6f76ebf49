import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readingTable } from '../../collector/backends/mariadb.schema.ts'
import { collectorEntry } from '../../collector/entry.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { AgentProcess, until } from './collector-support/agent-process.ts'
import { Card } from './collector-support/card.ts'
import { MariadbServer, mariadbInstalled } from './collector-support/mariadb-server.ts'

const possible = mariadbInstalled && Card.possible()
if (!possible) console.warn('SKIPPED: collector on a failing card: it takes root, loop devices and mariadbd')

describe.skipIf(!possible)('collector on a card that fails', { timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'collector-card-'))
  const agents: AgentProcess[] = []
  const cards: Card[] = []
  let server: MariadbServer
  let bundle: string

  beforeAll(async () => {
    ;({ path: bundle } = await buildProgram(collectorEntry))
    server = await MariadbServer.create()
    await server.query('CREATE DATABASE temperature')
    await server.query(readingTable.replace('reading (', 'temperature.reading ('))
    await server.query(`CREATE USER collector@'127.0.0.1'`)
    await server.query(`GRANT INSERT, SELECT ON temperature.reading TO collector@'127.0.0.1'`)
    for (const name of ['sensor', 'synchronized']) writeFileSync(join(directory, name), '48312\n')
  }, 120_000)

  afterAll(async () => {
    for (const agent of agents) await agent.end('SIGKILL')
    for (const card of cards) card.destroy()
    await server?.destroy()
    rmSync(directory, { recursive: true, force: true })
  })

  function agentOn(card: Card, location: string): AgentProcess {
    const agent = new AgentProcess(bundle, directory, {
      location,
      note: '{sequence}',
      rate: 20,
      sensor: join(directory, 'sensor'),
      clockMark: join(directory, 'synchronized'),
      queue: { directory: join(card.directory, 'queue') },
      deadLetters: join(card.directory, 'dead'),
      metrics: { address: '127.0.0.1', port: 0 },
      backends: [{ type: 'mariadb', hosts: [`127.0.0.1:${server.port}`] }],
    })
    agents.push(agent)
    return agent
  }

  function newCard(): Card {
    const card = new Card()
    cards.push(card)
    return card
  }

  const rows = async (location: string): Promise<{ stored: number; numbers: number; last: number }> => {
    const [row] = await server.query<
      Record<string, unknown>
    >(`SELECT COUNT(*) AS stored, COUNT(DISTINCT reading_note) AS numbers, COALESCE(MAX(CAST(reading_note AS UNSIGNED)), 0) AS last
      FROM temperature.reading WHERE reading_location = '${location}'`)
    return { stored: Number(row?.['stored']), numbers: Number(row?.['numbers']), last: Number(row?.['last']) }
  }
  const whole = async (location: string, agent: AgentProcess): Promise<void> => {
    await until('all is stored', async () => (await agent.metric('collector_queue_readings')) <= 1)
    expect(await agent.end('SIGTERM')).toBe(0)
    const { stored, numbers, last } = await rows(location)
    expect({ stored, numbers }).toEqual({ stored: last, numbers: last })
  }

  test('turns read-only under it: readings go on from memory, metrics and health say so, and it comes back with the card', async () => {
    const card = newCard()
    card.mount()
    const agent = agentOn(card, 'fails')
    await agent.start()
    await until('some are stored', async () => (await agent.metric('collector_stored_total')) > 20)
    expect(await agent.page('/healthz')).toMatch(/^ok\n/)
    card.fail()
    await until('the disk is missed', async () => (await agent.metric('collector_queue_disk_up')) === 0)
    expect(await agent.page('/healthz')).toMatch(/^ill\n[^]*! disk: takes no readings \(E(ROFS|IO): [^)]*\)/)
    const before = await agent.metric('collector_stored_total')
    await until('they are stored from memory', async () => (await agent.metric('collector_stored_total')) > before + 40)
    await server.stop()
    await until('they wait in memory', async () => (await agent.metric('collector_queue_readings')) > 40)
    expect(await agent.metric('collector_queue_memory_readings')).toBeGreaterThan(40)
    await server.start()
    card.repair()
    await until('the card is back', async () => (await agent.metric('collector_queue_disk_up')) === 1)
    expect(await agent.metric('collector_queue_memory_readings')).toBe(0)
    await until('health is back', async () => (await agent.page('/healthz')).startsWith('ok\n'))
    await whole('fails', agent)
  })

  test('is read-only from the start, with the queue of the run before and without any', async () => {
    const card = newCard()
    card.mount()
    const first = agentOn(card, 'starts')
    await first.start()
    await until('some are stored', async () => (await first.metric('collector_stored_total')) > 20)
    await first.end('SIGKILL')
    card.remount('ro')
    const second = agentOn(card, 'starts')
    await second.start()
    await until('they are stored from memory', async () => (await second.metric('collector_stored_total')) > 40)
    expect(await second.page('/healthz')).toContain('! disk: takes no readings')
    card.remount('rw')
    await until('the card is back', async () => (await second.metric('collector_queue_disk_up')) === 1)
    await whole('starts', second)

    const bare = newCard()
    bare.mount()
    bare.remount('ro')
    const third = agentOn(bare, 'bare')
    await third.start()
    await until('they are stored from memory', async () => (await third.metric('collector_stored_total')) > 20)
    bare.remount('rw')
    await until('the card is back', async () => (await third.metric('collector_queue_memory_readings')) === 0)
    await sleep(200)
    await whole('bare', third)
  })
})
