import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Registry } from '../../../../engine/registry.ts'
import type { Act } from '../../../../engine/act.ts'
import { act, command, inTurn } from '../../../../engine/resources/index.ts'
import { role } from '../../../../engine/role.ts'
import type { RunEvent } from '../../../../engine/run/events.ts'
import { convergeAll } from '../../../../engine/run/fleet.ts'
import { ConnectionLost, Unreachable } from '../../../../engine/ssh/errors.ts'
import { fleetOf, folderSession, hostsNamed } from './folder-session.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'fleet-'))
})
afterEach(() => rmSync(at, { recursive: true }))

const names = ['one', 'two', 'three']
const hosts = hostsNamed(names, ['node'])
const fleet = fleetOf(hosts)

interface Wish {
  readonly parallel?: number
  readonly join?: Act
  readonly away?: string
  readonly stop?: AbortSignal
  readonly health?: (host: string) => void
  readonly check?: boolean
  /** Bytes the role takes of the card. */
  readonly takes?: number
}

/** Two things on each host, the second in turn; what happened, in order. */
async function run({ parallel = 3, join = async () => {}, away, stop, health = () => {}, check = false, takes = 0 }: Wish = {}) {
  const log: string[] = []
  const node = role('node', {
    vars: z.object({}),
    memory: () => ({ all: 1 }),
    disk: () => ({ all: { now: takes } }),
    *desired({ host }) {
      yield command('slow', { unless: `[ -e ${at}/${host.name}/slow ]`, run: `touch ${at}/${host.name}/slow` })
      yield inTurn(
        act('join', {
          unless: `[ -e ${at}/${host.name}/joined ]`,
          act: async context => {
            log.push(`${host.name} joins`)
            await join(context)
            writeFileSync(`${at}/${host.name}/joined`, '')
          },
        }),
        'ring',
      )
    },
    async healthy({ host, changed, say }) {
      health(host.name)
      log.push(`${host.name} is healthy`)
      say([...changed].join(', '))
    },
  })
  const events: RunEvent[] = []
  const results = await convergeAll(
    hosts,
    {
      fleet,
      roles: { node },
      registry: Registry.of({ node }),
      offered: () => [],
      check,
      diff: false,
      purge: { made: false, data: [] },
      owner: 'test',
      secret: () => '',
      confirm: () => Promise.resolve(false),
      prepared: () => Promise.resolve(undefined),
      open: host => (host.name === away ? Promise.reject(new Unreachable('no answer', 'is it on?')) : folderSession(`${at}/${host.name}`)),
      on(event) {
        events.push(event)
        if (event.event === 'changed' && event.resource === 'command slow') log.push(`${event.host} slow`)
        if (event.event === 'finished') log.push(`${event.host} ${event.status}`)
      },
      ...(stop && { stop }),
    },
    parallel,
  )
  return {
    log,
    events,
    failures: Object.fromEntries([...results].flatMap(([name, { failure }]) => (failure ? [[name, failure.message]] : []))),
  }
}

const turnsOf = (log: readonly string[]) => log.filter(line => !line.endsWith('slow'))
const inOrder = names.flatMap(name => [`${name} joins`, `${name} is healthy`, `${name} changed`])

test.each([1, 2, 3])('%i at a time: one after the other in turn, each until it is healthy', async parallel => {
  const { log } = await run({ parallel, join: () => new Promise(done => setTimeout(done, 100)) })
  expect(turnsOf(log)).toEqual(inOrder)
  expect((await run({ parallel })).log.sort()).toEqual([...names].sort().map(name => `${name} unchanged`))
})

test('what comes before the turn goes on meanwhile', async () => {
  const all = new Set<string>()
  const { log } = await run({
    async join({ host }) {
      all.add(host.name)
      if (all.size === 1) await new Promise(done => setTimeout(done, 1500))
    },
  })
  expect(log.indexOf('one is healthy')).toBeGreaterThan(Math.max(log.indexOf('two slow'), log.indexOf('three slow')))
})

test('who fails in its turn keeps those behind it from beginning, and their other work is done', async () => {
  const { log, failures } = await run({
    join: ({ host }) => (host.name === 'two' ? Promise.reject(new Error('the card is full')) : Promise.resolve()),
  })
  expect(failures).toEqual({
    two: expect.stringContaining('act join') as string,
    three: 'not begun: ring on two failed, and it is changed on one host at a time',
  })
  expect(log).toContain('three slow')
  expect(log).not.toContain('three joins')
})

test('who cannot be reached stands in nobody’s way', async () => {
  const { log, failures } = await run({ away: 'one' })
  expect(Object.keys(failures)).toEqual(['one'])
  expect(turnsOf(log).slice(1)).toEqual(inOrder.slice(3))
})

test('who waits is told for whom, and let go when the run is stopped', async () => {
  const stop = new AbortController()
  const { events, failures } = await run({
    stop: stop.signal,
    join: () =>
      new Promise(done =>
        setTimeout(() => {
          stop.abort()
          done()
        }, 1000),
      ),
  })
  expect(events.flatMap(event => (event.event === 'waiting' ? [`${event.host}: ${event.for}`] : [])).sort()).toEqual([
    'three: its turn (ring): one goes first',
    'two: its turn (ring): one goes first',
  ])
  expect(failures).toMatchObject({ two: 'stopped before it was done', three: 'stopped before it was done' })
})

test('health checks know what was changed, and can say something', async () => {
  const { events } = await run()
  expect(events.flatMap(event => (event.event === 'note' ? [event.text] : []))).toEqual(names.map(() => 'command slow, act join'))
})

test('health that was not seen is owed: the same command says so again, and those behind it do not begin, until it is seen', async () => {
  const sick = (host: string) => {
    if (host === 'one') throw new Error('its table is away')
  }
  const first = await run({ health: sick })
  expect(first.failures).toMatchObject({
    one: 'role node was set up but does not do its work',
    two: expect.stringContaining('not begun') as string,
  })
  const again = await run({ health: sick })
  expect(again.failures).toMatchObject({
    one: 'role node was set up but does not do its work',
    two: expect.stringContaining('not begun') as string,
  })
  expect(again.log).not.toContain('two joins')
  const looked = await run({ check: true })
  expect(looked.events.flatMap(event => (event.event === 'note' ? [`${event.host}: ${event.text}`] : []))).toContain(
    'one: node: it was not seen at work since it was changed: `provision` looks',
  )
  const mended = await run()
  expect(turnsOf(mended.log)).toEqual(['one is healthy', 'one unchanged', ...inOrder.slice(3)])
  expect((await run()).log.sort()).toEqual([...names].sort().map(name => `${name} unchanged`))
})

test('a link that is lost while health is looked at does not count as seen: it is looked at again, in its turn', async () => {
  let lost = false
  const { log, failures } = await run({
    health: host => {
      if (host !== 'one' || lost) return
      lost = true
      throw new ConnectionLost('the cable is out')
    },
  })
  expect(failures).toEqual({})
  expect(turnsOf(log)).toEqual(['one joins', ...inOrder.slice(1)])
})

test('a Pi whose card is too small for its roles is refused before anything changes', async () => {
  const { log, failures } = await run({ takes: 2 ** 60 })
  expect(log.sort()).toEqual(names.map(name => `${name} failed`).sort())
  expect(failures).toEqual(
    Object.fromEntries(names.map(name => [name, expect.stringMatching(/^its new roles do not fit its disk: .* free; node takes 1 EiB/)])),
  )
})
