import path from 'node:path'
import { z } from 'zod'
import { expect, test } from 'vitest'
import { loadFleet } from '../../../engine/inventory/load.ts'
import type { Fleet } from '../../../engine/inventory/types.ts'

const role = { vars: z.looseObject({}), conflicts: [] }
const roles = { base: role, mariadb: role, cassandra: role, exporters: role, collector: role, kafka: role, sink: role }
const load = (file: string): Promise<Fleet> =>
  loadFleet(path.join(import.meta.dirname, '../../../hosts', file), { names: Object.keys(roles), load: async () => roles })

test('pi.yaml is the fleet of the notes', async () => {
  const fleet = await load('pi.yaml')
  expect(Object.fromEntries(fleet.hosts.map(host => [host.name, host.model ?? null]))).toEqual({
    producer1: 'rpi1b',
    producer2: 'rpi3b+',
    producer3: 'rpi2b',
    producer4: 'rpi2b',
    consumer1: null,
    mysql: 'rpi2b',
    cassandra2: 'rpi3b',
  })
  const addresses = Object.fromEntries(fleet.hosts.map(host => [host.name, host.address]))
  expect(addresses).toMatchObject({ mysql: '192.168.1.90', cassandra2: '192.168.1.20' })
  expect(fleet.hosts.find(host => host.name === 'mysql')?.roles).toEqual(['base', 'mariadb', 'exporters'])
})

test('lab.yaml mixes releases in a network of its own', async () => {
  const fleet = await load('lab.yaml')
  expect(fleet.name).toBe('lab')
  expect(new Set(fleet.hosts.map(host => host.os))).toEqual(new Set(['bookworm', 'trixie']))
  for (const host of fleet.hosts) expect(host.address).toMatch(/^10\.77\.0\.\d+$/)
  expect(fleet.hosts.map(host => host.roles.join(' '))).toEqual([
    'base mariadb exporters',
    'base cassandra',
    'base cassandra',
    'base kafka sink exporters',
    'base exporters collector',
    'base exporters collector',
  ])
})
