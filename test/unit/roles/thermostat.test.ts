import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { Registry } from '../../../engine/registry.ts'
import type { Facts } from '../../../engine/facts.ts'
import { offersOf } from '../../../engine/offer.ts'
import { collect } from '../../../engine/plan/desired.ts'
import { nameOf } from '../../../engine/resources/index.ts'
import { role, type AnyRole, type Roles } from '../../../engine/role.ts'
import { clustersOf } from '../../../engine/run/clusters.ts'
import { refuseUnfit } from '../../../engine/run/refusals.ts'
import { removedRoles, removedWanted } from '../../../engine/run/removed.ts'
import { besideOf, clusterWanted, desiredOf, disksOf, memoryOf, varsOf } from '../../../engine/run/resolve.ts'
import { askedOf, readStatus } from '../../../engine/status.ts'
import { registry } from '../../../roles/index.ts'
import { metrics, pages } from '../../../roles/offers.ts'
import thermostat from '../../roles/thermostat/index.ts'
import { keeps, page } from '../../roles/thermostat/files.ts'
import { fleetOf, hostsNamed } from '../engine/run/folder-session.ts'
import { nothingKept } from './kept.ts'

const own = await registry.all()

// The one line.
const roles: Roles = { ...own, thermostat }
const hosts = hostsNamed(['one', 'two'], ['base', 'thermostat'])
const fleet = fleetOf(hosts)
const host = hosts[0] as (typeof hosts)[number]
const facts = {
  release: 'bookworm',
  architecture: 'arm64',
  memory: 2 ** 30,
  cores: 4,
  container: false,
  disks: [{ path: '/', mount: '/', size: 2 ** 34, free: 2 ** 33 }],
} as unknown as Facts
const offered = offersOf(fleet, roles, varsOf)
const resolved = { role: thermostat, vars: varsOf(thermostat, host), prepared: { program: '# For arm64.' } }
const context = { host, fleet, facts, roles, secret: () => 'x', offered }

test('what it offers is found by who looks for such offers', () => {
  expect(
    offered(metrics)
      .filter(({ role }) => role === 'thermostat')
      .map(({ host: of, value }) => [of.name, value.port]),
  ).toEqual([
    ['one', 8088],
    ['two', 8088],
  ])
  expect(offered(pages).map(({ value }) => value.url)).toEqual(['http://one:8088/', 'http://two:8088/'])
})

test('its memory and its disk are in the budgets of its Pis', () => {
  expect(memoryOf(host, facts, roles).uses.map(({ role }) => role)).toEqual(['base', 'thermostat'])
  expect(disksOf(host, [], context).flatMap(({ coming }) => coming.map(({ role }) => role))).toContain('thermostat')
})

test('a role that takes of what is left knows what the others hold, whichever of them is looked at first', () => {
  const greedy: AnyRole = role('greedy', {
    vars: z.strictObject({}),
    memory: ({ facts: { memory }, beside = 0 }) => ({ all: memory - beside }),
    *desired() {},
  })
  const [at] = hostsNamed(['one'], ['greedy', 'base', 'thermostat'])
  if (!at) throw new Error('no host')
  const all = { ...roles, greedy }
  const { uses, total } = memoryOf(at, facts, all)
  expect(total).toBe(facts.memory)
  expect(uses[0]?.parts['all']).toBe(facts.memory - besideOf(at, greedy, facts, all))
  expect(besideOf(at, thermostat, facts, all)).toBeGreaterThan(facts.memory)
})

test('its state, and what belongs to its cluster, which is the same wherever it is asked', () => {
  const desired = desiredOf([resolved], context)
  expect(desired.map(({ resource }) => nameOf(resource))).toContain('fetched /var/lib/thermostat/id')
  expect(desired.flatMap(({ resource }) => (resource.turn === undefined ? [] : [[nameOf(resource), resource.turnOnly]]))).toEqual([
    ['service thermostat', 'restart'],
  ])
  expect(clustersOf(hosts, roles).map(({ role, hosts }) => [role.name, hosts.map(({ name }) => name)])).toEqual([
    ['thermostat', ['one', 'two']],
  ])
  const [here, there] = hosts.map(each =>
    clusterWanted(resolved, { ...context, host: each }).map(({ resource }) => resource.spec as unknown),
  )
  expect(here).toEqual(there)
})

test('a Pi it does not run on is refused, with what to do', () => {
  expect(() => refuseUnfit(host, facts, fleet, [thermostat], roles, () => [])).not.toThrow()
  expect(() => refuseUnfit(host, { ...facts, architecture: 'armhf' }, fleet, [thermostat], roles, () => [])).toThrow(
    'the role thermostat does not run here: it needs a 64-bit system',
  )
})

test('its status', () => {
  const asked = askedOf(
    { host, fleet },
    [thermostat],
    () => resolved.vars,
    () => 0,
  )
  const units = '\u001eunits\nId=thermostat.service\nActiveState=active\n\nId=thermostat-page.socket\nActiveState=active\n'
  expect(readStatus(asked, `${units}\u001erole thermostat\nHTTP/1.0 200 OK\r\n\r\nthermostat_degrees 21\n`)[0]).toMatchObject({
    ok: true,
    says: ['keeps 21 degrees'],
  })
  expect(readStatus(asked, units)[0]).toMatchObject({ ok: false, wrong: ['it runs and does not answer'] })
})

test('a Pi that has it no more is rid of it', async () => {
  const lost = { ...host, roles: ['base'] }
  expect(await removedRoles(lost, ['base', 'thermostat'], Registry.of(roles))).toEqual([thermostat])
  const goes = removedWanted([thermostat], [], { host: lost, fleet, purge: { made: true, data: ['thermostat'] } }).map(({ resource }) =>
    nameOf(resource),
  )
  expect(goes[0]).toBe('service thermostat-page.socket')
  const paths = collect(thermostat.desired({ ...context, ...resolved, vars: thermostat.vars.parse({}), kept: nothingKept }))
    .filter(({ kind }) => kind.name === 'file')
    .map(({ kind, spec }) => kind.label(spec) as string)
  for (const made of paths) expect(goes).toContain(`no file ${made}`)
  expect(goes.slice(-2)).toEqual(['act no data of thermostat', 'command thermostat is forgotten'])
})

test('its programs say what they keep', () => {
  const at = mkdtempSync(path.join(tmpdir(), 'thermostat-'))
  try {
    const here = (text: string) => text.replaceAll('/run/thermostat', at)
    writeFileSync(`${at}/keeps`, here(keeps('# here', 19)))
    spawnSync('timeout', ['1', 'bash', `${at}/keeps`])
    expect(execFileSync('bash', ['-c', here(page)], { input: 'GET / HTTP/1.0\r\n\r\n', encoding: 'utf8' })).toContain(
      'thermostat_degrees 19\n',
    )
  } finally {
    rmSync(at, { recursive: true })
  }
})
