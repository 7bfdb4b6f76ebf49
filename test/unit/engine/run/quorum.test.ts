import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Registry } from '../../../../engine/registry.ts'
import { inTurn, resource, type Kind } from '../../../../engine/resources/index.ts'
import { role, type ReadyQuestion } from '../../../../engine/role.ts'
import type { RunEvent } from '../../../../engine/run/events.ts'
import { convergeAll } from '../../../../engine/run/fleet.ts'
import { fleetOf, folderSession, hostsNamed } from './folder-session.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'quorum-'))
})
afterEach(() => rmSync(at, { recursive: true }))

const names = ['one', 'two', 'three']
const hosts = hostsNamed(names, ['node'])
const fleet = fleetOf(hosts)

/** A program of a host: a file says at which version it runs. */
const program: Kind<{ readonly version: string; readonly fails: boolean }, string> = {
  name: 'program',
  label: () => 'node',
  ask: () => 'cat running',
  read: output => [output.trim()],
  compare: ({ version }, seen) => (seen === version ? [] : [{ does: seen === '' ? 'start' : 'restart' }]),
  disturbs: (_spec, seen) => seen !== '',
  change: ({ version, fails }, seen) => [{ run: fails ? 'false' : `${seen === '' ? '' : 'sleep 0.2; '}echo ${version} >WHERE/running` }],
}

interface Wish {
  readonly version?: string
  readonly parallel?: number
  /** Hosts whose program does not start. */
  readonly broken?: readonly string[]
  readonly ready?: (host: string) => ReadyQuestion
}

async function run({ version = '1', parallel = 3, broken = [], ready }: Wish = {}) {
  const log: string[] = []
  const running = (name: string) => (existsSync(`${at}/${name}/running`) ? readFileSync(`${at}/${name}/running`, 'utf8').trim() : '')
  const node = role('node', {
    vars: z.object({}),
    memory: () => ({ all: 1 }),
    *desired({ host }) {
      const own: typeof program = {
        ...program,
        change: (spec, seen, triggers) =>
          program
            .change(spec, seen, triggers)
            .map(step => ('run' in step ? { run: step.run.replaceAll('WHERE', `${at}/${host.name}`) } : step)),
      }
      yield inTurn(resource(own, { version, fails: broken.includes(host.name) }), 'quorum', { only: 'restart' })
    },
    ...(ready && { ready: ({ host }) => ready(host.name) }),
    // Two of three are a quorum.
    async healthy({ host, until }) {
      await until(async () => {
        if (names.filter(name => running(name) !== '').length < 2) throw new Error('no quorum')
      }, 2)
      log.push(`${host.name} is healthy`)
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
      check: false,
      diff: false,
      purge: { made: false, data: [] },
      owner: 'test',
      secret: () => '',
      confirm: () => Promise.resolve(false),
      prepared: () => Promise.resolve(undefined),
      open: host => folderSession(`${at}/${host.name}`),
      on(event) {
        events.push(event)
        if (event.event === 'changed') log.push(`${event.host} ${event.does.join()}s`)
      },
    },
    parallel,
  )
  return {
    log,
    waits: events.flatMap(event => (event.event === 'waiting' ? [`${event.host}: ${event.for}`] : [])),
    failures: Object.fromEntries([...results].flatMap(([name, { failure }]) => (failure ? [[name, failure.message]] : []))),
  }
}

const restarts = names.flatMap(name => [`${name} restarts`, `${name} is healthy`])

test.each([1, 2, 3])(
  '%i at a time: all start at once, for none is well alone; then each is restarted when those before it are well',
  async parallel => {
    const first = await run({ parallel })
    expect(first.failures).toEqual({})
    expect(first.log.filter(line => line.endsWith('starts')).sort()).toEqual(names.map(name => `${name} starts`).sort())
    expect(first.waits).toEqual([])
    expect((await run({ parallel, version: '2' })).log).toEqual(restarts)
    expect((await run({ parallel, version: '2' })).log).toEqual([])
  },
)

test('whichever are at work and whichever are not: each ends at its version, and never are two of those at work taken down at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.subarray(names), fc.integer({ min: 1, max: 3 }), async (up, parallel) => {
      for (const name of names) {
        rmSync(`${at}/${name}`, { recursive: true, force: true })
        mkdirSync(`${at}/${name}`)
        if (up.includes(name)) writeFileSync(`${at}/${name}/running`, '1\n')
      }
      const { log, failures } = await run({ version: '2', parallel })
      expect(failures).toEqual({})
      const taken = log.filter(line => up.includes(line.split(' ')[0] ?? '') && !line.endsWith(' starts'))
      expect(taken).toEqual(names.filter(name => up.includes(name)).flatMap(name => [`${name} restarts`, `${name} is healthy`]))
    }),
    { numRuns: 8 },
  )
}, 60_000)

test('one that fails in its restart keeps those behind it from theirs', async () => {
  await run()
  const { failures, log } = await run({ version: '2', broken: ['two'] })
  expect(log).toEqual(['one restarts', 'one is healthy'])
  expect(failures).toMatchObject({ three: 'not begun: quorum on two failed, and it is changed on one host at a time' })
})

test('a role is asked before a turn begins, until it is ready; what it waits for is told, each reason once', async () => {
  await run()
  const { log, waits, failures } = await run({
    version: '2',
    ready: name => ({
      ask: `[ ${name} != two ] || { echo . >>asked; [ $(wc -l <asked) -ge 3 ]; } || { echo '3 partitions lack a copy'; false; }`,
    }),
  })
  expect([failures, log]).toEqual([{}, restarts])
  expect(waits.filter(text => text.includes('ready'))).toEqual(['two: node to be ready for its turn: 3 partitions lack a copy'])
})

test('a first start asks nobody: there is nothing yet that could answer', async () => {
  expect((await run({ ready: () => ({ ask: 'echo no server; false', within: 0 }) })).failures).toEqual({})
})

test.each([
  ['says why', 'echo the ring is not whole; false', 'the ring is not whole'],
  ['is silent', 'exit 3', 'it does not say why'],
])('one that is not ready in its time and %s is not begun, nor those behind it', async (_, ask, why) => {
  await run()
  const { log, failures } = await run({ version: '2', ready: () => ({ ask, within: 1 }) })
  expect(log).toEqual([])
  expect(failures).toEqual({
    one: `not begun: node of one is not ready for it after 1 s: ${why}`,
    two: 'not begun: quorum on one failed, and it is changed on one host at a time',
    three: 'not begun: quorum on one failed, and it is changed on one host at a time',
  })
})
