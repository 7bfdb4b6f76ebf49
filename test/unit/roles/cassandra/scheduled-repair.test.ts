import * as figuring from '../../../../roles/cassandra/figures/work.ts'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Facts } from '../../../../engine/facts.ts'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { collect } from '../../../../engine/plan/desired.ts'
import { nameOf } from '../../../../engine/resources/index.ts'
import cassandra from '../../../../roles/cassandra/index.ts'
import { repairCalendar, repairedKeyspaces, repairScript } from '../../../../roles/cassandra/scheduled-repair.ts'
import { cassandraVars } from '../../../../roles/cassandra/vars.ts'
import { bash } from '../../engine/bash.ts'
import { nothingKept } from '../kept.ts'

describe('when nodes repair', () => {
  it.each(['daily', 'weekly'] as const)('%s: five nodes, five times', every => {
    expect(new Set([0, 1, 2, 3, 4].map(position => repairCalendar(every, position))).size).toBe(5)
  })

  it('weekly, seven nodes on seven days', () => expect(repairCalendar('weekly', 6)).toBe('Sat *-*-* 02:00:00'))

  it('accounts always, readings where there are two copies', () => {
    expect(repairedKeyspaces({ keyspace: 'temperature', replication: 1 })).toEqual(['system_auth'])
    expect(repairedKeyspaces({ keyspace: 'temperature', replication: 2 })).toEqual(['system_auth', 'temperature'])
  })
})

describe('which nodes have the timer', () => {
  const host = (name: string): Host => ({
    name,
    address: `10.0.0.${name.length}`,
    port: 22,
    user: 'pi',
    jump: [],
    groups: [],
    roles: ['cassandra'],
    vars: {},
    at: { file: '', line: 1, column: 1 },
  })
  const fleetOf = (...hosts: Host[]): Fleet => ({ name: 'f', file: 'f.yaml', ssh: { connectTimeout: 5, keepalive: 5 }, groups: [], hosts })
  const facts: Facts = {
    release: 'bookworm',
    architecture: 'arm64',
    kernel: '6.6',
    hostname: 'x',
    model: '',
    cores: 4,
    memory: 2 ** 30,
    memoryAvailable: 2 ** 30,
    swap: 0,
    disks: [],
    bootId: '',
    container: false,
    thermal: {},
  }
  const timer = (fleet: Fleet, repair?: 'off') =>
    collect(
      cassandra.desired({
        host: fleet.hosts[0] as Host,
        fleet,
        facts,
        vars: cassandraVars.parse(repair ? { repair } : {}),
        prepared: {
          cql: { path: fileURLToPath(import.meta.url), sha256: '', bytes: 0 },
          figures: { path: fileURLToPath(import.meta.url), sha256: '', bytes: 0 },
          figuring,
          server: { path: fileURLToPath(import.meta.url), sha256: '' },
        },
        offered: () => [],
        kept: nothingKept,
        secret: () => 'x',
      }),
    ).find(resource => nameOf(resource) === 'service cassandra-repair.timer')?.spec

  it('those of a ring of two', () => expect(timer(fleetOf(host('a'), host('bb')))).toMatchObject({ enabled: true, running: true }))
  it('not one that is alone', () => expect(timer(fleetOf(host('a')))).toMatchObject({ enabled: false, running: false }))
  it('none where they are off', () =>
    expect(timer(fleetOf(host('a'), host('bb')), 'off')).toMatchObject({ enabled: false, running: false }))
})

describe('what the timer starts', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'repair-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const node = (address: string, state = 'UN') => `${state}  ${address}  1 KiB  8  100.0%  82138333-5ec0-41e9-b190-211425ff2fc0  rack1`
  /** Runs the script beside programs that say this; what they were asked is kept. */
  function run({ status = [node('10.0.0.1'), node('10.0.0.2')], history = [] as object[], repairs = 0, journal = false } = {}) {
    mkdirSync(join(folder, 'bin'))
    const program = (name: string, text: string) => {
      writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${text}\n`)
      chmodSync(join(folder, 'bin', name), 0o755)
    }
    writeFileSync(join(folder, 'status'), status.join('\n'))
    writeFileSync(join(folder, 'history'), history.map(row => JSON.stringify(row)).join('\n'))
    if (journal) writeFileSync(join(folder, 'rebalance.json'), '{}')
    program('nodetool', `if [ $1 = status ]; then cat ${folder}/status; else echo "$*" >>${folder}/asked; exit ${repairs}; fi`)
    program('cql', `cat ${folder}/history`)
    const ran = bash(`PATH=${folder}/bin:$PATH\n${repairScript(['system_auth', 'temperature']).replaceAll('/var/lib/provision', folder)}`)
    const asked = existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n') : []
    return { ...ran, asked, stamp: existsSync(join(folder, 'cassandra/repaired-temperature')) }
  }

  it('repairs its own ranges of each keyspace, and writes down when', () => {
    expect(run()).toMatchObject({
      code: 0,
      stderr: '',
      stamp: true,
      asked: ['repair -full -pr -seq -j 1 system_auth', 'repair -full -pr -seq -j 1 temperature'],
    })
    expect(readFileSync(join(folder, 'cassandra/repaired-temperature'), 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/)
  })

  const now = new Date().toISOString()
  it.each<[string, Parameters<typeof run>[0], string]>([
    ['a node is down', { status: [node('10.0.0.1'), node('10.0.0.2', 'DN')] }, 'the ring is not whole: 10.0.0.2 is DN'],
    ['a node joins', { status: [node('10.0.0.1'), node('10.0.0.2', 'UJ')] }, 'the ring is not whole: 10.0.0.2 is UJ'],
    ['the ring is rebalanced', { journal: true }, 'a rebalance is under way'],
    [
      'another one repairs',
      { history: [{ keyspace_name: 'temperature', started_at: now, finished_at: null }] },
      'a repair runs already: temperature',
    ],
  ])('not now: %s', (_why, given, says) => {
    const ran = run(given)
    expect(ran).toMatchObject({ code: 75, asked: [], stamp: false })
    expect(ran.stdout).toContain(`skipped: ${says}`)
  })

  it('a repair that was cut off long ago, or ended, holds nobody up', () => {
    expect(
      run({
        history: [
          { keyspace_name: 'temperature', started_at: '2024-01-01T00:00:00.000Z', finished_at: null },
          { keyspace_name: 'temperature', started_at: now, finished_at: now },
        ],
      }).code,
    ).toBe(0)
  })

  it('is not done where the repair failed', () => expect(run({ repairs: 1 })).toMatchObject({ code: 1, stamp: false }))

  it('has nothing to do alone', () => expect(run({ status: [node('10.0.0.1')] })).toMatchObject({ code: 0, asked: [], stamp: false }))
})
