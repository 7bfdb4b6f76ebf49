import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as z from 'zod'
import { Registry } from '../../../../engine/registry.ts'
import type { Host } from '../../../../engine/inventory/types.ts'
import { offer, offerKey, offersOf } from '../../../../engine/offer.ts'
import { healthMark } from '../../../../engine/plan/marks.ts'
import { command, inTurn, resource, type Kind } from '../../../../engine/resources/index.ts'
import { role } from '../../../../engine/role.ts'
import type { RunEvent } from '../../../../engine/run/events.ts'
import { convergeAll } from '../../../../engine/run/fleet.ts'
import { ConnectionLost } from '../../../../engine/ssh/errors.ts'
import { fleetOf, folderSession, hostsNamed } from './folder-session.ts'

let at: string
beforeEach(() => {
  at = mkdtempSync(path.join(tmpdir(), 'needs-'))
})
afterEach(() => rmSync(at, { recursive: true }))

// Each Pi runs a shop and, before or behind it, a customer: of a shop that opens on one Pi after the other, and of the accounts of all.
const hosts: readonly Host[] = [...hostsNamed(['one'], ['customer', 'shop']), ...hostsNamed(['two'], ['shop', 'customer'])]
const fleet = fleetOf(hosts)
const shops = offerKey<string>('shops')

interface Wish {
  /** A host whose shop does no work. */
  readonly closed?: string
  /** No account can be made. */
  readonly full?: boolean
  /** Hosts of the run. */
  readonly of?: readonly string[]
  readonly check?: boolean
  /** The link is lost at the first look at a customer. */
  readonly cut?: boolean
  /** The accounts say for whom they are. */
  readonly list?: boolean
  /** Roles of the run. */
  readonly only?: readonly string[]
}

const accountsKind: Kind<{ readonly file: string }, boolean> = {
  name: 'accounts',
  label: () => 'of customers',
  ask: specs => specs.map(({ file }) => `[ ! -e ${file} ] || echo there`).join('\n'),
  read: output => [output.includes('there')],
  compare: (_spec, there) => (there ? [] : [{ does: 'open an account for two', for: ['two'] }]),
  change: ({ file }) => [{ run: `touch ${file}` }],
}

async function run({ closed, full = false, of = ['one', 'two'], check = false, cut = false, list = false, only }: Wish = {}) {
  const log: string[] = []
  const shop = role('shop', {
    vars: z.object({}),
    memory: () => ({}),
    *offers({ host }) {
      yield offer(shops, host.name)
    },
    *desired({ host }) {
      yield inTurn(command('stall', { unless: `[ -e ${at}/${host.name}/stall ]`, run: `touch ${at}/${host.name}/stall` }), 'shop')
    },
    *cluster() {
      if (list) yield resource(accountsKind, { file: `${at}/accounts` })
      else yield command('accounts', { unless: `[ -e ${at}/accounts ]`, run: full ? 'false' : `touch ${at}/accounts` })
    },
    healthy({ host }) {
      if (host.name === closed) throw new Error('closed')
      log.push(`shop on ${host.name}`)
      return Promise.resolve()
    },
  })
  let looks = 0
  const customer = role('customer', {
    vars: z.object({}),
    memory: () => ({}),
    needs: ({ offered }) => offered(shops),
    *desired({ host }) {
      yield command('purse', { unless: `[ -e ${at}/${host.name}/purse ]`, run: `touch ${at}/${host.name}/purse` })
    },
    healthy({ host }) {
      if (cut && looks++ === 0) throw new ConnectionLost('the cable is out')
      log.push(`customer on ${host.name}${existsSync(`${at}/accounts`) ? '' : ', no account'}`)
      return Promise.resolve()
    },
  })
  const roles = { shop, customer }
  const offered = offersOf(fleet, roles, () => ({}))
  const locked = new Map<string, number>()
  const events: RunEvent[] = []
  const results = await convergeAll(
    hosts.filter(({ name }) => of.includes(name)),
    {
      fleet,
      roles,
      registry: Registry.of(roles),
      offered,
      check,
      ...(only && { only }),
      diff: false,
      purge: { made: false, data: [] },
      owner: 'test',
      secret: () => '',
      confirm: () => Promise.resolve(false),
      prepared: () => Promise.resolve(undefined),
      open(host) {
        let mine = false
        return folderSession(`${at}/${host.name}`, {
          // As on a Pi, a second session of the same run has to wait.
          lock() {
            if (!mine && (locked.get(host.name) ?? 0) > 0) return { held: false, owner: 'test', orphaned: false }
            if (!mine) locked.set(host.name, 1)
            mine = true
            return { held: true }
          },
          closed() {
            if (mine) locked.set(host.name, 0)
            mine = false
          },
        })
      },
      on: event => events.push(event),
    },
    2,
  )
  return {
    log,
    statuses: Object.fromEntries([...results].map(([name, { status, failure }]) => [name, failure?.message ?? status])),
    waits: events.flatMap(event => (event.event === 'waiting' ? [`${event.host}: ${event.for}`] : [])),
  }
}
const owes = (name: string, of: string) => existsSync(`${at}/${name}/pending/${healthMark(of)}`)

test('is looked at after what it needs is there, on all hosts, and nobody waits for another for ever', async () => {
  const { log, statuses, waits } = await run()
  expect(log).toEqual([
    'shop on one',
    'shop on two',
    expect.stringMatching(/^customer on (one|two)$/),
    expect.stringMatching(/^customer on (one|two)$/),
  ])
  expect(statuses).toEqual({ one: 'changed', two: 'changed', 'cluster of shop': 'changed' })
  expect(waits).toContain('one: shop on two: it is needed here')
  expect(waits).toContain('two: the cluster of shop: it is needed here')
  expect((await run()).log).toEqual([])
})

test('a check looks at nothing and waits for nothing', async () => {
  const { log, waits } = await run({ check: true })
  expect([log, waits]).toEqual([[], []])
})

test('what this run is not about is taken as it is', async () => {
  expect((await run({ of: ['two'] })).log).toEqual(['shop on two', 'customer on two'])
})

test('what a cluster elsewhere has to make for it is told at once, with the hosts to name, and is owed', async () => {
  const told = 'customer was not looked at: the cluster of shop, which this run is not about, has to open an account for two'
  const only = ['customer']
  const { log, statuses } = await run({ of: ['two'], only, list: true })
  expect([log, statuses]).toEqual([[], { two: told }])
  expect(owes('two', 'customer')).toBe(true)
  expect((await run({ of: ['one'], only, list: true })).log).toEqual(['customer on one, no account'])
  expect([...(await run({ list: true })).log].sort()).toEqual(['customer on two', 'shop on one', 'shop on two'])
})

test('a link lost meanwhile is no end', async () => {
  const { log, statuses } = await run({ cut: true })
  expect([...log].sort()).toEqual(['customer on one', 'customer on two', 'shop on one', 'shop on two'])
  expect(statuses).toEqual({ one: 'changed', two: 'changed', 'cluster of shop': 'changed' })
}, 30_000)

test('where what it needs has failed it is owed, and the next run looks', async () => {
  const first = await run({ closed: 'two' })
  expect(first.statuses).toMatchObject({
    one: 'customer was not looked at: it needs shop on two, which failed',
    two: 'role shop was set up but does not do its work',
  })
  expect(first.log).toEqual(['shop on one'])
  expect([owes('one', 'customer'), owes('one', 'shop'), owes('two', 'customer')]).toEqual([true, false, true])
  expect([...(await run()).log].sort()).toEqual(['customer on one', 'customer on two', 'shop on two'])
})

test('where what belongs to the cluster has failed it is owed, and told so', async () => {
  const behind = 'customer was not looked at: it needs the cluster of shop, which failed'
  expect((await run({ full: true })).statuses).toMatchObject({ one: behind, two: behind })
  const { log, statuses } = await run()
  expect([...log].sort()).toEqual(['customer on one', 'customer on two'])
  expect(statuses).toMatchObject({ 'cluster of shop': 'changed' })
  expect(readFileSync(`${at}/accounts`, 'utf8')).toBe('')
})
