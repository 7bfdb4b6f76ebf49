import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Registry } from '../../../../engine/registry.ts'
import { clusterMark, pendingMark } from '../../../../engine/plan/marks.ts'
import { command, resource, type Kind } from '../../../../engine/resources/index.ts'
import { role, type RoleDefinition } from '../../../../engine/role.ts'
import type { RunEvent } from '../../../../engine/run/events.ts'
import { convergeAll } from '../../../../engine/run/fleet.ts'
import { ConnectionLost, Unreachable } from '../../../../engine/ssh/errors.ts'
import type { Lock } from '../../../../engine/ssh/session.ts'
import { plainLines } from '../../../../engine/report/plain.ts'
import { fleetOf, folderSession, hostsNamed } from './folder-session.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'cluster-'))
  mkdirSync(`${at}/fleet`)
})
afterEach(() => rmSync(at, { recursive: true }))

const names = ['one', 'two', 'three']
const hosts = hostsNamed(names, ['shop'])
const fleet = fleetOf(hosts)

interface Wish {
  /** Hosts of the run. */
  readonly of?: readonly string[]
  readonly away?: string
  /** A host whose own work fails. */
  readonly broken?: string
  /** The text that makes the topic. */
  readonly makes?: string
  /** The text that indexes it. */
  readonly indexes?: string
  /** A run of shell text that holds this word loses its link, so often. */
  readonly cut?: { readonly word: string; times: number }
  readonly lock?: Readonly<Record<string, Lock>>
  readonly check?: boolean
  readonly only?: readonly string[]
  readonly more?: Partial<RoleDefinition<z.ZodObject, undefined>>
}

/** The topic and what indexes it belong to the fleet: they lie in a folder that all Pis see. */
const topic = (makes = `touch ${at}/fleet/topic`) => command('topic', { unless: `[ -e ${at}/fleet/topic ]`, run: makes })
async function run({
  of = names,
  away,
  broken,
  makes,
  indexes = `echo >>${at}/fleet/index`,
  cut,
  lock = {},
  check = false,
  only,
  more = {},
}: Wish = {}) {
  const shop = role('shop', {
    vars: z.object({}),
    memory: () => ({ all: 1 }),
    *desired({ host }) {
      yield command('stall', {
        unless: `[ -e ${at}/${host.name}/stall ]`,
        run: host.name === broken ? 'false' : `touch ${at}/${host.name}/stall`,
      })
    },
    *cluster({ hosts: all }) {
      expect(all.map(({ host }) => host.name)).toEqual(names)
      const made = yield topic(makes)
      yield command('index', { unless: `[ -e ${at}/fleet/index ]`, run: indexes, on: [made] })
    },
    ...more,
  })
  const events: RunEvent[] = []
  const opened: string[] = []
  let asked = 0
  const results = await convergeAll(
    hosts.filter(({ name }) => of.includes(name)),
    {
      fleet,
      roles: { shop },
      registry: Registry.of({ shop }),
      offered: () => [],
      check,
      diff: false,
      ...(only && { only }),
      purge: { made: false, data: [] },
      owner: 'test',
      secret: () => '',
      confirm: () => Promise.resolve(false),
      prepared: () => Promise.resolve(undefined),
      async open(host) {
        if (host.name === away) throw new Unreachable('no answer', 'is it on?')
        opened.push(host.name)
        return folderSession(`${at}/${host.name}`, {
          lock: () => lock[host.name] ?? { held: true },
          ran(text) {
            if (text.includes('[ -e') && text.includes('fleet/topic') && text.includes('036ask')) asked++
            if (!cut || cut.times === 0 || !text.includes(cut.word)) return
            cut.times--
            throw new ConnectionLost('the cable is out')
          },
        })
      },
      on: event => events.push(event),
    },
    2,
  )
  const marks = (name: string) => (existsSync(`${at}/${name}/pending`) ? readdirSync(`${at}/${name}/pending`) : [])
  return {
    events,
    opened,
    asked,
    result: results.get('cluster of shop'),
    statuses: Object.fromEntries([...results].map(([name, { status }]) => [name, status])),
    lines: events
      .flatMap(event => (event.cluster === undefined ? [] : plainLines(event, { check })))
      .map(line => line.replace(/[\d.]+ s$/, 's')),
    marks: Object.fromEntries(names.flatMap(name => (marks(name).length ? [[name, marks(name)]] : []))),
    fleet: readdirSync(`${at}/fleet`).sort(),
  }
}

test('made once, on the first host, when all are done; then nothing is to be done, and it costs no session and no question more', async () => {
  const first = await run()
  expect(first.statuses).toEqual({ one: 'changed', two: 'changed', three: 'changed', 'cluster of shop': 'changed' })
  expect([first.fleet, first.marks]).toEqual([['index', 'topic'], {}])
  const made = first.events.findIndex(event => event.event === 'changed' && event.cluster === 'shop')
  const ends = first.events.flatMap((event, place) => (event.event === 'finished' && event.cluster === undefined ? [place] : []))
  expect(made).toBeGreaterThan(Math.max(...ends))
  expect(first.lines).toEqual([
    'cluster of shop (on one): changing 2 of 2 resources',
    'cluster of shop (on one): shop: command topic: run',
    'cluster of shop (on one): shop: command index: run',
    'cluster of shop (on one): changed 2 in s',
  ])
  const second = await run()
  expect(second.statuses).toEqual({ one: 'unchanged', two: 'unchanged', three: 'unchanged', 'cluster of shop': 'unchanged' })
  expect([second.opened.sort(), second.asked]).toEqual([['one', 'three', 'two'], 1])
})

test('what a person should know of it is said by each run, also where nothing is to be done', async () => {
  const sells: Kind<{ readonly needs: number }, number> = {
    name: 'sales',
    label: () => 'bread',
    ask: () => `ls ${at}/fleet | wc -l`,
    read: output => [Number(output)],
    compare: ({ needs }, seen) => (seen < needs ? [{ does: 'sell' }] : []),
    notes: (_spec, seen) => [`${seen} sold`],
    change: () => [{ run: `touch ${at}/fleet/loaf` }],
  }
  const more = {
    *cluster() {
      yield resource(sells, { needs: 1 })
    },
  }
  const says = (lines: readonly string[]) => lines.filter(line => line.includes('sold'))
  expect(says((await run({ more })).lines)).toEqual(['cluster of shop (on one): 0 sold'])
  for (const check of [true, false]) expect(says((await run({ more, check })).lines)).toEqual(['cluster of shop (on one): 1 sold'])
})

test('what drifted is mended; hosts that are as wanted are not changed for it', async () => {
  await run()
  rmSync(`${at}/fleet/topic`)
  const mended = await run()
  expect(mended.statuses).toEqual({ one: 'unchanged', two: 'unchanged', three: 'unchanged', 'cluster of shop': 'changed' })
  expect(mended.lines).toContain('cluster of shop (on one): shop: command index: run (topic)')
})

test('a check says what would be done and writes nothing', async () => {
  const checked = await run({ check: true })
  expect(checked.result).toMatchObject({ status: 'would change', changed: 2, spokenBy: 'one' })
  expect(checked.lines).toEqual([
    'cluster of shop (on one): would change 2 of 2 resources',
    'cluster of shop (on one):   shop: command topic: run',
    'cluster of shop (on one):   shop: command index: run',
    'cluster of shop (on one): would change 2 in s',
  ])
  expect([checked.fleet, checked.marks]).toEqual([[], {}])
})

test.each<[string, Wish]>([
  ['cannot be reached', { away: 'one' }],
  ['fails', { broken: 'one' }],
])('where the first host %s, the next one is asked: it is told and owed, and not begun', async (_, wish) => {
  const told = await run(wish)
  expect(told.result).toMatchObject({
    status: 'failed',
    spokenBy: 'two',
    failure: { message: expect.stringContaining('not begun: one failed') as string },
  })
  expect(told.lines[0]).toBe('cluster of shop (on two): changing 2 of 2 resources')
  expect(told.fleet).toEqual([])
  expect(told.marks['two']).toContain(clusterMark('shop'))
  const mended = await run()
  expect([mended.fleet, mended.marks]).toEqual([['index', 'topic'], {}])
})

test('where another host fails, it is not begun either; one that wants nothing says nothing of it', async () => {
  const told = await run({ broken: 'three' })
  expect(told.result).toMatchObject({ status: 'failed', spokenBy: 'one' })
  expect([told.fleet, told.marks['one']]).toEqual([[], [clusterMark('shop')]])
  await run()
  expect((await run({ away: 'three' })).statuses).toEqual({
    one: 'unchanged',
    two: 'unchanged',
    three: 'failed',
    'cluster of shop': 'unchanged',
  })
  expect((await run({ of: ['two'], away: 'two' })).result?.failure?.message).toBe('not asked: two failed')
})

test('cut off between note and change, the next run goes on', async () => {
  const cut = await run({ cut: { word: `touch ${at}/fleet/topic`, times: Number.POSITIVE_INFINITY }, of: ['one'] })
  expect(cut.result).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('the cable is out') as string } })
  expect(cut.marks).toEqual({ one: [clusterMark('shop')] })
  const mended = await run()
  expect([mended.fleet, mended.marks]).toEqual([['index', 'topic'], {}])
}, 30_000)

test('a link lost once is opened again, and it goes on', async () => {
  const { statuses, lines } = await run({ cut: { word: `touch ${at}/fleet/topic`, times: 1 } })
  expect(statuses['cluster of shop']).toBe('changed')
  expect(lines).toContain('cluster of shop (on one): the cable is out; connecting again')
})

test('a reaction that was owed on another host is made up for, and noted there no more', async () => {
  await run()
  rmSync(`${at}/fleet/topic`)
  const cut = await run({ of: ['two'], indexes: 'false' })
  expect(cut.marks).toEqual({ two: [clusterMark('shop'), expect.stringMatching(/^cluster-of-shop\.[0-9a-f]{16}$/)] })
  const { lines, marks } = await run()
  expect(lines).toContain('cluster of shop (on one): shop: command index: run (changed by a run that was cut off)')
  expect(marks).toEqual({})
  // Nothing to do but to forget it.
  writeFileSync(`${at}/two/pending/${clusterMark('shop')}`, '')
  expect(await run()).toMatchObject({ result: { status: 'unchanged' }, marks: {} })
})

test('a resource of a host by the same name owes nothing to that of the cluster', async () => {
  await run()
  writeFileSync(`${at}/one/pending/${pendingMark(topic())}`, '')
  const { result } = await run({
    more: {
      *desired() {
        yield topic()
      },
    },
  })
  expect(result?.status).toBe('unchanged')
})

test('what does not take is an error, and stays owed', async () => {
  const { result, marks } = await run({ makes: 'true' })
  expect(result).toMatchObject({ status: 'failed', failure: { message: expect.stringContaining('did not take: command topic') as string } })
  expect(marks).toEqual({ one: [clusterMark('shop')] })
})

test('a run about one host speaks there; its failure names the hosts it was not about', async () => {
  const failed = await run({ of: ['two'], makes: 'echo no quorum >&2; false' })
  expect(failed.result).toMatchObject({
    spokenBy: 'two',
    failure: { hint: expect.stringContaining('this run is not about one, three') as string },
  })
  expect((await run({ of: ['two'] })).result).toMatchObject({ status: 'changed', spokenBy: 'two' })
})

test('two runs about different hosts meet on the first that answers', async () => {
  const locked = await run({ of: ['two'], lock: { one: { held: false, owner: 'eve', orphaned: false } } })
  expect(locked.result).toMatchObject({ status: 'failed', failure: { message: 'it is locked: eve is at work there' } })
  expect(locked.fleet).toEqual([])
  const alone = await run({ of: ['three'], away: 'one' })
  expect(alone.result?.status).toBe('changed')
  expect(alone.opened).toEqual(['three', 'two', 'three'])
})

test('a run about other roles does not ask', async () => {
  expect((await run({ only: ['base'] })).statuses).toEqual({ one: 'unchanged', two: 'unchanged', three: 'unchanged' })
})
