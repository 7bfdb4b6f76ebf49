import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { DiskPart } from '../../../engine/disk.ts'
import type { Facts } from '../../../engine/facts.ts'
import { loadFleet } from '../../../engine/inventory/load.ts'
import type { Fleet, RoleVars } from '../../../engine/inventory/types.ts'
import { offersOf } from '../../../engine/offer.ts'
import { disksOf, refuseFull, varsOf } from '../../../engine/run/resolve.ts'
import { bytesOfReading } from '../../../roles/cassandra/disk.ts'
import { bytesBesideTexts } from '../../../roles/mariadb/disk.ts'
import { registry } from '../../../roles/index.ts'
import { ratesTo } from '../../../roles/rates.ts'

const roles = await registry.all()

const pi = await loadFleet(path.join(fileURLToPath(new URL('../../../', import.meta.url)), 'hosts/pi.yaml'), registry)
const GiB = 2 ** 30
const facts = { memory: GiB, cores: 4, disks: [{ path: '/', mount: '/', size: 29 * GiB, free: 24 * GiB }] } as unknown as Facts

/** The fleet of the notes with other variables on some of its hosts. */
const fleetWith = (vars: Readonly<Record<string, RoleVars>>): Fleet => ({
  ...pi,
  hosts: pi.hosts.map(host => ({ ...host, vars: { ...host.vars, ...vars[host.name] } })),
})

function parts(fleet: Fleet, name: string, role: string): Readonly<Record<string, DiskPart>> {
  const host = fleet.hosts.find(each => each.name === name)!
  const of = roles[role]!
  return of.disk?.({ host, fleet, facts, vars: varsOf(of, host), offered: offersOf(fleet, roles, varsOf) }) ?? {}
}

test('what comes in follows the producers: their interval, their notes, and where they send', () => {
  const fleet = fleetWith({
    producer1: { collector: { interval: 500, note: 'run {sequence}' } },
    producer2: { collector: { backends: ['cassandra'] } },
  })
  const offered = offersOf(fleet, roles, varsOf)
  expect(ratesTo(offered, 'mariadb', 'mysql')).toEqual([
    { location: 'producer1', readings: 172_800, texts: 'producer1run 123456789'.length },
    { location: 'producer3', readings: 86_400, texts: 9 },
    { location: 'producer4', readings: 86_400, texts: 9 },
  ])
  expect(ratesTo(offered, 'cassandra', 'cassandra2').map(({ location }) => location)).toContain('producer2')
  expect(ratesTo(offered, 'mariadb', 'consumer1')).toEqual([])
})

test('MariaDB grows by what its producers send', () => {
  expect(parts(pi, 'mysql', 'mariadb')['readings']).toEqual({ at: '/var/lib/mysql', perDay: 4 * 86_400 * (bytesBesideTexts + 9) })
})

test('a node grows by its share of the copies, single readings with room to merge them; a retention ends those by day', () => {
  const single = 4 * 86_400 * (bytesOfReading.single + 9)
  expect(parts(pi, 'cassandra2', 'cassandra')).toMatchObject({
    'single readings': { perDay: single },
    'room to merge single readings': { perDay: single },
    'readings by day': { perDay: 4 * 86_400 * bytesOfReading.byDay },
  })
  const two = fleetWith({ cassandra2: { cassandra: { retention: 30, weight: 10 } } })
  const ring = {
    ...two,
    hosts: two.hosts.map(host => (host.name === 'mysql' ? { ...host, roles: ['cassandra'], vars: { cassandra: { weight: 30 } } } : host)),
  }
  const seen = parts(ring, 'cassandra2', 'cassandra')
  expect(seen['single readings']?.perDay).toBeCloseTo(single / 4)
  expect(seen['readings by day']).toMatchObject({ days: 32 })
})

test('a card that is too small is refused with the numbers', () => {
  const small = { ...facts, disks: [{ path: '/', mount: '/', size: 2 * GiB, free: GiB / 4 }] }
  const of = (made: readonly string[]) =>
    disksOf(pi.hosts.find(({ name }) => name === 'mysql')!, made, { fleet: pi, facts: small, roles, offered: offersOf(pi, roles, varsOf) })
  expect(() => refuseFull(of([]), new Date('2026-11-25'))).toThrow(
    /^its new roles do not fit its disk: \/ 2 GiB, 256 MiB free; mariadb takes 362 MiB, base takes 264 MiB, exporters takes 13 MiB; 64 MiB must stay free; [\d.]+ MiB a day: full on 2026-11-25$/,
  )
  expect(() => refuseFull(of(['base', 'exporters', 'mariadb']), new Date())).not.toThrow()
})
