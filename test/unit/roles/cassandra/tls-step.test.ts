import * as figuring from '../../../../roles/cassandra/figures/work.ts'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { ActContext } from '../../../../engine/act.ts'
import type { Facts } from '../../../../engine/facts.ts'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { collect } from '../../../../engine/plan/desired.ts'
import { nameOf } from '../../../../engine/resources/index.ts'
import cassandra from '../../../../roles/cassandra/index.ts'
import { tlsSteps, type TlsStep } from '../../../../roles/cassandra/config/tls.ts'
import { cassandraYaml } from '../../../../roles/cassandra/config/yaml.ts'
import { cassandraMemory } from '../../../../roles/cassandra/memory.ts'
import { mayStep, readStep, stepIs, stepQuestion, understand, wayTo } from '../../../../roles/cassandra/tls-step.ts'
import { cassandraVars, clientsSpeakTls } from '../../../../roles/cassandra/vars.ts'
import { bash } from '../../engine/bash.ts'
import { nothingKept } from '../kept.ts'

const yaml = (tls: TlsStep): string => {
  const vars = cassandraVars.parse({ tls })
  return cassandraYaml('10.0.0.1', cassandraMemory({ memory: 2 ** 30, cores: 4 } as Facts, vars), vars)
}

describe('settings', () => {
  test('off says nothing of TLS; each further step takes and speaks what the one beside it takes', () => {
    expect(yaml('off')).not.toMatch(/tls|encryption/)
    for (const step of ['accept', 'prefer', 'require'] as const) {
      const { server_encryption_options: nodes, client_encryption_options: clients } = parse(yaml(step))
      expect(nodes).toMatchObject({
        internode_encryption: step === 'accept' ? 'none' : 'all',
        optional: step !== 'require',
        require_client_auth: true,
      })
      expect(clients).toMatchObject({ enabled: true, optional: step !== 'require', require_client_auth: false })
      expect(nodes.keystore).toBe('/etc/cassandra/tls/node.pem')
    }
  })

  test('clients speak it when every node has learnt to take it', () => {
    expect(tlsSteps.filter(tls => clientsSpeakTls({ tls }))).toEqual(['prefer', 'require'])
  })
})

describe('the step of a node', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'step-'))
    for (const name of ['etc', 'run']) mkdirSync(path.join(folder, name))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const here = (text: string) => bash(text.replaceAll('/etc/cassandra', `${folder}/etc`).replaceAll('/run/cassandra', `${folder}/run`))

  test('is what it was started with, else what it is set to; a Pi that is no node has none', () => {
    expect(readStep(here(stepQuestion).stdout)).toBeUndefined()
    writeFileSync(`${folder}/etc/cassandra.yaml`, yaml('prefer'))
    expect(readStep(here(stepQuestion).stdout)).toBe('prefer')
    writeFileSync(`${folder}/run/cassandra.yaml`, yaml('accept'))
    expect(readStep(here(stepQuestion).stdout)).toBe('accept')
    writeFileSync(`${folder}/run/cassandra.yaml`, yaml('off'))
    expect(readStep(here(stepQuestion).stdout)).toBe('off')
  })

  test('is looked at before its settings change; a new node in clear needs nobody’s leave', () => {
    expect(tlsSteps.filter(step => here(stepIs(step)).code === 0)).toEqual(['off'])
    for (const set of tlsSteps) {
      writeFileSync(`${folder}/etc/cassandra.yaml`, yaml(set))
      expect(tlsSteps.filter(step => here(stepIs(step)).code === 0)).toEqual([set])
    }
  })
})

describe('a step of the ring', () => {
  test('only neighbours understand each other, and the way is made of those', () => {
    for (const one of tlsSteps)
      for (const other of tlsSteps) {
        const way = wayTo(other, one)
        expect(way.at(-1)).toBe(one === other ? undefined : other)
        expect([one, ...way].every((step, at, all) => at === 0 || understand(all[at - 1]!, step))).toBe(true)
      }
    expect(understand('off', 'prefer')).toBe(false)
    expect(wayTo('require', 'off')).toEqual(['accept', 'prefer', 'require'])
    expect(wayTo('off', 'require')).toEqual(['prefer', 'accept', 'off'])
  })

  const hosts = ['a', 'b', 'c'].map(name => ({ name, address: `10.0.0.${name}`, roles: ['cassandra'] }) as unknown as Host)
  /** What the hosts say, a node each; nothing: no node; undefined: no answer. */
  const attempt = (step: TlsStep, said: Readonly<Record<string, string | undefined>>): Promise<void> => {
    const shell = (name: string) => (() => Promise.resolve({ stdout: `${said[name]}\n` })) as unknown as ActContext['$']
    return mayStep(step)({
      host: hosts[0] as Host,
      fleet: { hosts } as unknown as Fleet,
      $: shell('a'),
      on: (other: Host) => (said[other.name] === undefined ? Promise.reject(new Error('no route')) : Promise.resolve(shell(other.name))),
    } as unknown as ActContext)
  }

  test('is made when all nodes are at it or beside it; a new ring may begin anywhere', async () => {
    await attempt('accept', { a: 'off', b: 'off', c: 'accept' })
    await attempt('prefer', { a: 'accept', b: 'prefer', c: 'accept' })
    await attempt('require', { a: '', b: '', c: '' })
    await attempt('require', { a: '', b: 'require', c: '' })
  })

  test('is refused with the way where a node would be cut off, and where one is silent', async () => {
    await expect(attempt('require', { a: 'off', b: 'off', c: 'off' })).rejects.toThrow(
      'the ring would be split: b is at tls: off, c is at tls: off, and a would be at require',
    )
    await expect(attempt('prefer', { a: 'accept', b: 'off', c: 'accept' })).rejects.toMatchObject({
      failure: { hint: 'go step by step, all nodes of the ring at each: tls: accept, then tls: prefer. Or leave it as it is: tls: off' },
    })
    await expect(attempt('off', { a: 'accept', b: 'prefer', c: 'accept' })).rejects.toThrow('b is at tls: prefer')
    await expect(attempt('accept', { a: 'off', b: undefined, c: 'off' })).rejects.toThrow('b does not say how it speaks: no route')
    await expect(attempt('require', { a: '', b: undefined, c: '' })).rejects.toThrow('b does not say how it speaks: no route')
  })

  test('who is silent is beside one that is at that very step; who is alone goes anywhere', async () => {
    await attempt('require', { a: '', b: undefined, c: 'require' })
    await expect(attempt('require', { a: '', b: undefined, c: 'prefer' })).rejects.toThrow('b does not say how it speaks')
    const alone = { host: hosts[0] as Host, fleet: { hosts: hosts.slice(0, 1) } as unknown as Fleet } as unknown as ActContext
    await mayStep('require')(alone)
  })
})

describe('what a node is given', () => {
  const address = '10.0.0.1'
  const host: Host = {
    name: 'a',
    address,
    port: 22,
    user: 'pi',
    jump: [],
    groups: [],
    roles: ['cassandra'],
    vars: {},
    at: { file: '', line: 1, column: 1 },
  }
  const fleet: Fleet = { name: 'f', file: 'f.yaml', ssh: { connectTimeout: 5, keepalive: 5 }, groups: [], hosts: [host] }
  const facts = { release: 'bookworm', architecture: 'arm64', cores: 4, memory: 2 ** 30, thermal: {} } as unknown as Facts
  const server = { path: fileURLToPath(import.meta.url), sha256: '', bytes: 0 }
  const authority = { certificate: 'the CA', issue: () => Promise.resolve(''), revoked: [], revoke: () => Promise.resolve('') }
  const desired = (tls: TlsStep) =>
    collect(
      cassandra.desired({
        host,
        fleet,
        facts,
        vars: cassandraVars.parse({ tls }),
        prepared: { cql: server, figures: server, figuring, server, ...(tls !== 'off' && { authority }) },
        offered: () => [],
        kept: nothingKept,
        secret: () => 'x',
      }),
    )

  test('the ring is asked, in turn, before any of its settings change', () => {
    for (const tls of tlsSteps) {
      const names = desired(tls).map(nameOf)
      const asks = names.indexOf('act tls of the ring')
      expect(asks).toBeGreaterThanOrEqual(0)
      expect(asks).toBeLessThan(names.indexOf('file /etc/cassandra/cassandra.yaml'))
      expect(desired(tls)[asks]?.turn).toBe('cassandra')
    }
  })

  test('a certificate for its address, for which it starts anew; none where it speaks in clear', () => {
    const resources = desired('accept')
    const certificate = resources.find(resource => nameOf(resource) === 'certificate /etc/cassandra/tls/node.pem')
    expect(certificate?.spec).toMatchObject({ subject: 'a', names: [address, 'a'], owner: 'cassandra' })
    const service = resources.find(resource => nameOf(resource) === 'service cassandra')
    expect(service?.on.map(nameOf)).toEqual(
      expect.arrayContaining(['certificate /etc/cassandra/tls/node.pem', 'file /etc/cassandra/tls/ca.pem']),
    )
    expect(
      desired('off')
        .map(nameOf)
        .filter(name => /certificate|ca\.pem|openssl/.test(name)),
    ).toEqual([])
  })

  test('`cql` speaks TLS from the step on at which its node has learnt to take it', () => {
    const login = (tls: TlsStep) => JSON.stringify(desired(tls).find(resource => nameOf(resource) === 'file /etc/cassandra/cql.json')?.spec)
    expect(tlsSteps.map(tls => login(tls).includes('/etc/cassandra/tls/ca.pem'))).toEqual([false, false, true, true])
  })
})
