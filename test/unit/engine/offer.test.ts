import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Fleet, Host } from '../../../engine/inventory/types.ts'
import { offer, offerKey, offersOf } from '../../../engine/offer.ts'
import { collect } from '../../../engine/plan/desired.ts'
import { file } from '../../../engine/resources/index.ts'
import { role } from '../../../engine/role.ts'
import { desiredOf, varsOf } from '../../../engine/run/resolve.ts'

const doors = offerKey<{ readonly port: number }>('doors')
const house = role('house', {
  vars: z.object({ port: z.number().default(80) }),
  memory: () => ({}),
  *offers({ host, vars }) {
    if (host.name !== 'closed') yield offer(doors, { port: vars.port })
  },
  *desired() {
    /* nothing */
  },
})
const map = role('map', {
  vars: z.object({}),
  memory: () => ({}),
  *desired({ offered }) {
    yield file(
      '/etc/map',
      offered(doors)
        .map(({ host, role: by, value }) => `${host.name} ${by} ${value.port}`)
        .join('\n'),
    )
  },
})
const roles = { house, map }
const host = (name: string, own: readonly string[], vars: Host['vars'] = {}): Host => ({
  name,
  address: name,
  port: 22,
  user: 'pi',
  jump: [],
  groups: [],
  roles: own,
  vars,
  at: { file: '', line: 1, column: 1 },
})
const hosts = [host('b', ['house'], { house: { port: 8080 } }), host('closed', ['house']), host('a', ['map', 'house'])]
const fleet: Fleet = { name: 'test', file: 'test.yaml', ssh: { connectTimeout: 1, keepalive: 1 }, groups: [], hosts }

test('what a role of any host offers is seen by all others, in the inventory’s order, with its variables and their defaults', () => {
  const offered = offersOf(fleet, roles, varsOf)
  expect(offered(doors).map(({ host: { name }, role: by, value }) => [name, by, value.port])).toEqual([
    ['b', 'house', 8080],
    ['a', 'house', 80],
  ])
  const [wanted] = desiredOf([{ role: map, vars: {}, prepared: undefined }], {
    host: hosts[2] as Host,
    fleet,
    facts: {} as never,
    roles,
    secret: () => '',
    offered,
  })
  expect(wanted?.resource.spec).toMatchObject({ content: 'b house 8080\na house 80' })
})

test('another key of the same name is another key', () => {
  expect(offersOf(fleet, roles, varsOf)(offerKey('doors'))).toEqual([])
})

test('a fleet is asked once, and not before anybody wants to know', () => {
  let asked = 0
  const counts = role('counts', {
    vars: z.object({}),
    memory: () => ({}),
    *offers() {
      asked++
      yield offer(doors, { port: 1 })
    },
    *desired() {
      /* nothing */
    },
  })
  const offered = offersOf({ ...fleet, hosts: [host('c', ['counts'])] }, { counts }, varsOf)
  expect(asked).toBe(0)
  offered(doors)
  expect(offered(doors)).toHaveLength(1)
  expect(asked).toBe(1)
  expect(collect(counts.desired({} as never))).toEqual([])
})
