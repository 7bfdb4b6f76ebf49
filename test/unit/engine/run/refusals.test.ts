import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Registry } from '../../../../engine/registry.ts'
import { command, resource, type Kind } from '../../../../engine/resources/index.ts'
import { role, type Roles } from '../../../../engine/role.ts'
import type { RunEvent } from '../../../../engine/run/events.ts'
import { convergeAll } from '../../../../engine/run/fleet.ts'
import { preparing } from '../../../../engine/run/prepared.ts'
import { Unreachable } from '../../../../engine/ssh/errors.ts'
import { fleetOf, folderSession, hostsNamed } from './folder-session.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'refusals-'))
})
afterEach(() => rmSync(at, { recursive: true }))

const names = ['one', 'two', 'three']
const hosts = [...hostsNamed(names, ['shop']), ...hostsNamed(['other'], ['till'])]
const fleet = fleetOf(hosts)

interface Wish {
  readonly refused?: string
  readonly away?: string
  readonly parallel?: number
  readonly check?: boolean
  /** The host on which something is found that lets nothing be changed. */
  readonly found?: string
}

/** Prints what the host says; where that is `no`, nothing may be changed. */
const doorman: Kind<{ readonly says: string }, string> = {
  name: 'doorman',
  label: () => 'at the door',
  ask: ([spec]) => `echo ${spec?.says ?? ''}`,
  read: output => [output.trim()],
  compare: () => [],
  change: () => [],
  refuses: (_spec, said) => (said === 'no' ? { reason: 'the doorman lets nobody in', hint: 'come another day' } : undefined),
}

async function run({ refused, away, parallel = 4, check = false, found }: Wish = {}) {
  const part = {
    vars: z.object({}),
    memory: () => ({ all: 1 }),
    *desired({ host }: { readonly host: { readonly name: string } }) {
      yield resource(doorman, { says: host.name === found ? 'no' : 'yes' })
      yield command('stall', { unless: `[ -e ${at}/${host.name}/stall ]`, run: `touch ${at}/${host.name}/stall` })
    },
  }
  const roles: Roles = {
    shop: role('shop', {
      ...part,
      refuse: ({ host, facts }) =>
        host.name === refused ? { reason: `it needs a 64-bit system, not ${facts.architecture}`, hint: 'put one on its card' } : undefined,
    }),
    till: role('till', part),
  }
  const events: RunEvent[] = []
  const results = await convergeAll(
    hosts,
    {
      fleet,
      roles,
      registry: Registry.of(roles),
      offered: () => [],
      check,
      diff: false,
      purge: { made: false, data: [] },
      owner: 'test',
      secret: () => '',
      confirm: () => Promise.resolve(false),
      prepared: () => Promise.resolve(undefined),
      // The last one takes its time.
      open: async host => {
        if (host.name === 'three') await new Promise(done => setTimeout(done, 300))
        if (host.name === away) throw new Unreachable('no answer', 'is it on?')
        return folderSession(`${at}/${host.name}`)
      },
      on: event => events.push(event),
    },
    parallel,
  )
  return {
    failures: Object.fromEntries([...results].flatMap(([name, { failure }]) => (failure ? [[name, [failure.message, failure.hint]]] : []))),
    changed: hosts.flatMap(({ name }) => (existsSync(`${at}/${name}/stall`) ? [name] : [])),
    waits: events.flatMap(event => (event.event === 'waiting' ? [`${event.host}: ${event.for}`] : [])),
    order: events.flatMap(event => (event.event === 'facts' || event.event === 'changed' ? [`${event.host} ${event.event}`] : [])),
  }
}

test.each([1, 2, 4])('%i at a time: where a role refuses a Pi, nothing of it is changed anywhere; hosts without it are', async parallel => {
  const { failures, changed } = await run({ refused: 'three', parallel })
  expect(failures).toEqual({
    one: ['not begun: the role shop does not run on three', 'nothing was changed; see what three says'],
    two: ['not begun: the role shop does not run on three', 'nothing was changed; see what three says'],
    three: ['the role shop does not run here: it needs a 64-bit system, not amd64', 'nothing was changed; put one on its card'],
  })
  expect(changed).toEqual(['other'])
})

test.each([1, 2, 4])('%i at a time: what is found on one Pi keeps all of its role as they are, too', async parallel => {
  const { failures, changed } = await run({ found: 'three', parallel })
  expect(failures).toEqual({
    one: ['not begun: the role shop does not run on three', 'nothing was changed; see what three says'],
    two: ['not begun: the role shop does not run on three', 'nothing was changed; see what three says'],
    three: ['the doorman lets nobody in', 'nothing was changed; come another day'],
  })
  expect(changed).toEqual(['other'])
  expect(Object.keys((await run({ found: 'three', check: true })).failures)).toEqual(['one', 'two', 'three'])
})

test('a check says the same', async () => {
  expect(Object.keys((await run({ refused: 'three', check: true })).failures)).toEqual(['one', 'two', 'three'])
})

test.each([1, 4])('%i at a time: none changes anything before all were looked at', async parallel => {
  const { failures, waits, order } = await run({ parallel })
  expect(failures).toEqual({})
  const looked = Math.max(...['one', 'two', 'three'].map(name => order.indexOf(`${name} facts`)))
  expect(order.findIndex(line => /^(one|two|three) changed/.test(line))).toBeGreaterThan(looked)
  // Four at a time may all have been looked at before the first is ready to change something.
  if (parallel === 1) expect(waits).toContainEqual(expect.stringMatching(/^one: a look at (two|three): nothing is changed before$/))
})

test('one that cannot be reached stands in nobody’s way', async () => {
  const { failures, changed } = await run({ away: 'three' })
  expect([Object.keys(failures), changed]).toEqual([['three'], ['one', 'two', 'other']])
})

test('a run that changes nothing waits for nobody', async () => {
  await run()
  expect((await run()).waits).toEqual([])
})

test('what is prepared is prepared once for all with the same variables, and once for each in what its Pis differ', async () => {
  const made: string[] = []
  const shop = role('shop', {
    vars: z.object({ size: z.number() }),
    memory: () => ({}),
    variant: ({ facts }) => facts.architecture,
    prepare: ({ vars, variant }) => {
      made.push(`${variant} ${vars.size}`)
      return Promise.resolve(`shop for ${variant}`)
    },
    *desired() {},
  })
  const prepared = preparing(fleet, { offered: () => [], authority: () => Promise.reject(new Error('no CA')) })
  expect(await Promise.all(['arm64', 'armhf', 'arm64'].map(variant => prepared(shop, { size: 1 }, variant)))).toEqual([
    'shop for arm64',
    'shop for armhf',
    'shop for arm64',
  ])
  await prepared(shop, { size: 2 }, 'arm64')
  expect(made).toEqual(['arm64 1', 'armhf 1', 'arm64 2'])
  expect(await prepared(role('till', { vars: z.object({}), memory: () => ({}), *desired() {} }), {})).toBeUndefined()
})
