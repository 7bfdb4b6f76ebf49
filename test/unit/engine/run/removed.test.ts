import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { $ } from 'zx'
import { Registry } from '../../../../engine/registry.ts'
import type { Act, ActContext } from '../../../../engine/act.ts'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { bash } from '../bash.ts'
import { apt, command, file, nameOf, packagesGone, pathGone, service, type AnyResource } from '../../../../engine/resources/index.ts'
import { role, type RoleDefinition } from '../../../../engine/role.ts'
import { goesText, removedRoles, removedWanted } from '../../../../engine/run/removed.ts'

const made = (name: string, extra: Partial<RoleDefinition<z.ZodObject, undefined>> = {}) =>
  role(name, {
    vars: z.object({}),
    memory: () => ({}),
    *desired() {
      /* nothing */
    },
    ...extra,
  })
const shop = made('shop', {
  *leaving() {
    yield command('sold out', { unless: 'true', run: 'false' })
  },
  *stopped() {
    yield service('shop', { enabled: false, running: false })
  },
  *purged() {
    yield packagesGone('shop-server', 'nodejs')
    yield packagesGone('curl')
    yield pathGone('/etc/shop/conf')
    yield pathGone('/etc/shared/conf')
  },
  data: { path: '/var/lib/shop' },
})
const registry = Registry.of({ shop, base: made('base'), web: made('web') })
const host: Host = {
  name: 'one',
  address: 'one',
  port: 22,
  user: 'root',
  jump: [],
  groups: [],
  roles: ['base'],
  vars: {},
  at: { file: '', line: 1, column: 1 },
}
const fleet: Fleet = { name: 'test', file: 'test.yaml', ssh: { connectTimeout: 1, keepalive: 1 }, groups: [], hosts: [host] }
const kept = [apt('nodejs', 'curl'), file('/etc/shared/conf', '')].map((resource: AnyResource) => ({ role: 'base', resource }))
const names = (purge: { readonly made: boolean; readonly data: readonly string[] }, own = kept) =>
  removedWanted([shop], own, { host, fleet, purge }).map(({ role: of, resource }) => `${of}: ${nameOf(resource)}`)

test("roles that were made here and are not wanted any more; what nobody knows is nobody's to touch", async () => {
  expect((await removedRoles(host, ['base', 'shop', 'unknown'], registry)).map(({ name }) => name)).toEqual(['shop'])
  expect(await removedRoles(host, ['shop'], registry, ['web'])).toEqual([])
  expect(await removedRoles(host, ['shop'], registry, ['shop'])).toEqual([shop])
})

test('it is stopped, once what must come first is seen to; what it made goes only when asked for, and never what others want', () => {
  const stops = ['shop: command sold out', 'shop: service shop']
  expect(names({ made: false, data: [] })).toEqual(stops)
  const purges = ['shop: no package shop-server', 'shop: no file /etc/shop/conf']
  expect(names({ made: true, data: [] })).toEqual([...stops, ...purges, 'shop: command shop is forgotten'])
  expect(names({ made: true, data: ['shop'] })).toEqual([
    ...stops,
    ...purges,
    'shop: act no data of shop',
    'shop: command shop is forgotten',
  ])
})

test('where another role of the host says how something is to be, that counts', () => {
  expect(names({ made: false, data: [] }, [{ role: 'base', resource: service('shop') }])).toEqual(['shop: command sold out'])
})

test('a person is told what goes, and that the data does not', () => {
  expect(goesText(shop, { made: false, data: [] })).toBe(
    'shop: no longer a role of this host: it is stopped and disabled (--purge removes what it made); its data stays in /var/lib/shop',
  )
  expect(goesText(shop, { made: true, data: ['shop'] })).toBe(
    'shop: no longer a role of this host: it is stopped, and what it made is removed',
  )
})

test('data goes as a whole: after a yes, from wherever a run was cut, and never behind a link', async () => {
  const at = mkdtempSync(path.join(tmpdir(), 'removed-'))
  const data = `${at}/data`
  const store = made('shop', { data: { path: data } })
  const [gone] = removedWanted([store], [], { host, fleet, purge: { made: true, data: ['shop'] } })
  const { unless, act } = gone?.resource.spec as { unless: string; act: Act }
  const take = (yes: boolean) => act({ $: $({ quiet: true, shell: 'bash' }), host, confirm: async () => yes } as unknown as ActContext)
  const isGone = () => bash(unless).code === 0
  try {
    expect(isGone()).toBe(true)
    mkdirSync(`${data}/in`, { recursive: true })
    await expect(take(false)).rejects.toThrow('nobody said yes')
    expect([isGone(), existsSync(`${data}/in`)]).toEqual([false, true])
    // Cut between the rename and the end of the removal; then somebody set the role up again.
    mkdirSync(`${data}.purged/half`, { recursive: true })
    await take(true)
    expect([isGone(), existsSync(data), existsSync(`${data}.purged`)]).toEqual([true, false, false])
    mkdirSync(`${data}.purged/half`, { recursive: true })
    expect(isGone()).toBe(false)
    await take(true)
    expect(isGone()).toBe(true)
    mkdirSync(`${at}/elsewhere/in`, { recursive: true })
    symlinkSync(`${at}/elsewhere`, data)
    await expect(take(true)).rejects.toThrow('is a link')
    expect([isGone(), existsSync(`${at}/elsewhere/in`)]).toEqual([false, true])
  } finally {
    rmSync(at, { recursive: true })
  }
})
