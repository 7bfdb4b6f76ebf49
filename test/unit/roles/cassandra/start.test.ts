import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { asksListens, startScript, untilClaimed, type NodeAddress } from '../../../../roles/cassandra/config/start.ts'
import { cassandraYaml, seedsYaml } from '../../../../roles/cassandra/config/yaml.ts'
import { ringFamily, seedsOf } from '../../../../roles/cassandra/nodes.ts'
import { cassandraMemory } from '../../../../roles/cassandra/memory.ts'
import { readState } from '../../../../roles/cassandra/node/question.ts'
import { parseStatus } from '../../../../roles/cassandra/ring/index.ts'
import { cassandraVars } from '../../../../roles/cassandra/vars.ts'
import { bash } from '../../engine/bash.ts'

const vars = cassandraVars.parse({})
const yaml = (address: string, family?: 4 | 6) => cassandraYaml(address, cassandraMemory({ memory: 2 ** 30, cores: 4 }, vars), vars, family)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-'))
  for (const path of ['etc/cassandra', 'var/lib/cassandra', 'run/cassandra', 'usr/local/lib/provision'])
    mkdirSync(join(folder, path), { recursive: true })
  write('var/lib/cassandra/tokens.yaml', 'num_tokens: 1\n')
})
afterEach(() => rmSync(folder, { recursive: true }))

const write = (path: string, text: string, mode = 0o644) => writeFileSync(join(folder, path), text, { mode })
const read = (path: string) => readFileSync(join(folder, path), 'utf8')
const here = (text: string) => text.replaceAll(/\/(etc|var\/lib|run|usr\/local\/lib)\//g, (path: string) => folder + path)
/** What the Pi looks up. */
const standsFor = (address: string | undefined) =>
  write(
    'usr/local/lib/provision/own-address',
    address === undefined ? '#!/bin/sh\necho "stands for 127.0.1.1" >&2; exit 1\n' : `#!/bin/sh\necho ${address}\n`,
    0o755,
  )

function start(of: Partial<NodeAddress> & Pick<NodeAddress, 'node'>) {
  write('start', here(startScript({ family: undefined, metrics: of.node, metricsPort: 9404, agent: '/opt/agent.jar', ...of })))
  const { code, stderr } = bash(`sh ${folder}/start`)
  return {
    code,
    stderr,
    settings: () =>
      parse(read('run/cassandra/cassandra.yaml'), { version: '1.1' }) as Record<string, unknown> & {
        seed_provider: [{ parameters: [{ seeds: string }] }]
      },
    agent: () => read('run/cassandra/agent.options').replaceAll(folder, ''),
  }
}

describe('a start of the server', () => {
  it('goes by settings, tokens and seeds; those of a change of the ring stand in for those of the settings', () => {
    write('etc/cassandra/cassandra.yaml', yaml('10.0.0.1'))
    write('etc/cassandra/seeds.yaml', seedsYaml(['10.0.0.2']))
    const { code, stderr, settings, agent } = start({ node: { address: '10.0.0.1' } })
    expect([code, stderr]).toEqual([0, ''])
    expect(settings()).toMatchObject({
      listen_address: '10.0.0.1',
      rpc_address: '10.0.0.1',
      num_tokens: 1,
      seed_provider: [{ parameters: [{ seeds: '10.0.0.2' }] }],
    })
    expect(agent()).toBe('-javaagent:/opt/agent.jar=10.0.0.1:9404:/etc/cassandra/jmx-exporter.yaml\n')
    write('var/lib/cassandra/seeds.yaml', seedsYaml(['10.0.0.3']))
    expect(start({ node: { address: '10.0.0.1' }, metrics: { address: '0.0.0.0' } }).settings().seed_provider[0].parameters[0].seeds).toBe(
      '10.0.0.3',
    )
    expect(agent()).toContain('=0.0.0.0:9404:')
  })

  it.each(['192.168.1.20', 'fd00::20', '2001:10:20:30:40:50:1:2'])(
    'by name listens on what it stands for, never on loopback, and knows itself as its seed (%s)',
    address => {
      standsFor(address)
      write('etc/cassandra/cassandra.yaml', yaml('cassandra2.local'))
      write('etc/cassandra/seeds.yaml', seedsYaml(['cassandra2.local']))
      const { code, settings, agent } = start({ node: { name: 'cassandra2.local' } })
      expect(code).toBe(0)
      expect(settings()).toMatchObject({
        listen_address: address,
        rpc_address: address,
        seed_provider: [{ parameters: [{ seeds: address }] }],
      })
      expect(agent()).toContain(address.includes(':') ? `=[${address}]:9404:` : `=${address}:9404:`)
      write('etc/cassandra/seeds.yaml', seedsYaml(['mycassandra2.local', 'cassandra2.local.net', 'cassandra2.local']))
      expect(start({ node: { name: 'cassandra2.local' } }).settings().seed_provider[0].parameters[0].seeds).toBe(
        `mycassandra2.local,cassandra2.local.net,${address}`,
      )
    },
  )

  it.each([
    ['10.0.0.1', '10.0.0.2'],
    ['fd00::1', 'fd00::2'],
  ])(
    'of one that is a node knows itself as a seed, so that it starts alone; not so without its data, nor while it changes (%s)',
    (address, other) => {
      write('etc/cassandra/cassandra.yaml', yaml(address))
      write('etc/cassandra/seeds.yaml', seedsYaml([other]))
      const seeds = () => start({ node: { address } }).settings().seed_provider[0].parameters[0].seeds
      const own = 'var/lib/cassandra/data/system/local-7ad54392bcdd35a684174e047860b377'
      mkdirSync(join(folder, own), { recursive: true })
      expect(seeds()).toBe(other)
      write(join(own, 'nb-3-big-Data.db'), '')
      expect(seeds()).toBe(`${address},${other}`)
      write('var/lib/cassandra/seeds.yaml', seedsYaml([other]))
      expect(seeds()).toBe(other)
    },
  )

  it.each(['10.0.0.1', 'fd00::1'])('lets clients in from its own Pi only, until the login of every new ring is gone (%s)', address => {
    write('etc/cassandra/cassandra.yaml', yaml(address))
    write('etc/cassandra/seeds.yaml', seedsYaml([address]))
    write('var/lib/cassandra/unclaimed', '')
    expect(start({ node: { address } }).settings()).toMatchObject({ listen_address: address, rpc_address: '127.0.0.1' })
    expect(read('run/cassandra/cassandra.yaml')).toContain(`\n${untilClaimed}\n`)
    rmSync(join(folder, 'var/lib/cassandra/unclaimed'))
    expect(start({ node: { address } }).settings()).toMatchObject({ listen_address: address, rpc_address: address })
    expect(read('run/cassandra/cassandra.yaml')).not.toContain(untilClaimed)
  })

  it('does not come to be while the name stands for nothing others reach, and says so', () => {
    standsFor(undefined)
    write('etc/cassandra/cassandra.yaml', yaml('cassandra2'))
    write('etc/cassandra/seeds.yaml', seedsYaml(['cassandra2']))
    expect(start({ node: { name: 'cassandra2' } })).toMatchObject({ code: 1, stderr: 'stands for 127.0.1.1\n' })
  })

  it.each([
    ['10.0.0.1', undefined, '', ['10.0.0.1']],
    ['fd00:0::1', undefined, '', ['fd00::1']],
    ['cassandra2.local', 6, 'fd00:0:0::20', ['cassandra2.local', 'fd00::20']],
    ['cassandra2.local', undefined, undefined, ['cassandra2.local']],
  ] as const)('where a node listens is told in one spelling (%s)', (address, family, found, addresses) => {
    standsFor(found)
    write('etc/cassandra/cassandra.yaml', yaml(address, family))
    expect(readState(`\u001daddress\n${bash(here(asksListens)).stdout}`).addresses).toEqual(addresses)
  })
})

const host = (name: string, address: string) => ({ name, address, roles: ['cassandra'], vars: {} }) as unknown as Host
const fleet = (...addresses: string[]) => ({ hosts: addresses.map((address, index) => host(`c${index + 1}`, address)) }) as unknown as Fleet

describe('addresses of a ring', () => {
  it('are of one family, names aside', () => {
    expect(ringFamily(fleet('10.0.0.1', 'c2.local'))).toBe(4)
    expect(ringFamily(fleet('fd00::1', 'c2.local', 'fd00::3'))).toBe(6)
    expect(ringFamily(fleet('c1.local', 'c2.local'))).toBeUndefined()
    expect(ringFamily(fleet('10.0.0.1', '::ffff:10.0.0.2'))).toBe(4)
    expect(() => ringFamily(fleet('10.0.0.1', 'fd00::2', '10.0.0.3'))).toThrow('c1 10.0.0.1, c3 10.0.0.3, but c2 fd00::2')
  })

  it('are such that others reach them', () => {
    expect(() => ringFamily(fleet('fe80::1%eth0', 'fe80::2%eth0'))).toThrow('one cable only')
    expect(() => ringFamily(fleet('10.0.0.1', '127.0.0.1'))).toThrow('do not reach c2 127.0.0.1')
    expect(ringFamily(fleet('127.0.0.1'))).toBe(4)
  })

  it('are seeds in one spelling', () => {
    const ring = fleet('fd00:0:0::1', '::ffff:10.0.0.2', 'c3.local')
    expect(seedsOf(ring.hosts[2] as Host, ring)).toEqual(['fd00::1', '10.0.0.2'])
  })

  it('are read from nodetool as the inventory has them', () => {
    const line = (address: string) => `UN  ${address}  104.4 KiB  16  100.0%  82138333-5ec0-41e9-b190-211425ff2fc0  rack1`
    expect(['fd00:0:0:0:0:0:0:20', 'fe80:0:0:0:0:0:0:1%eth0', '10.0.0.1'].map(address => parseStatus(line(address))[0]?.address)).toEqual([
      'fd00::20',
      'fe80::1',
      '10.0.0.1',
    ])
  })
})
