import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clusterId, nodeIdOf } from '../../../../roles/kafka/identity.ts'
import { members } from '../../../../roles/kafka/members.ts'
import { refuseBoard, refuseCluster } from '../../../../roles/kafka/refusals.ts'
import { fleetOf, type Vars } from './fleet.ts'

const MiB = 2 ** 20
const refused = (...vars: readonly Vars[]) => expect(() => refuseCluster(members(fleetOf(...vars))))

describe('what a cluster and a broker are known by', () => {
  it('is the same in every run, and other for another secret or name', () => {
    expect(clusterId('secret')).toBe(clusterId('secret'))
    expect(clusterId('secret')).not.toBe(clusterId('another'))
    expect(nodeIdOf('kafka1')).toBe(nodeIdOf('kafka1'))
    expect(nodeIdOf('kafka1')).not.toBe(nodeIdOf('kafka2'))
  })

  it('is what Kafka takes', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(clusterId(text)).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
        expect(nodeIdOf(text)).toBeGreaterThanOrEqual(10_000)
        expect(nodeIdOf(text)).toBeLessThan(100_000)
      }),
    )
  })

  it('stays where brokers come and go before it in the inventory', () => {
    const of = (fleet: ReturnType<typeof fleetOf>) => members(fleet).find(({ host }) => host.name === 'kafka2')?.id
    const all = fleetOf({}, {}, {})
    expect(of({ ...all, hosts: all.hosts.slice(1) })).toBe(of(all))
  })
})

describe('controllers', () => {
  const controllers = (...vars: readonly Vars[]) => members(fleetOf(...vars)).filter(({ controller }) => controller).length

  it('are one, or the first three where there are as many', () => {
    expect(controllers({})).toBe(1)
    expect(controllers({}, {})).toBe(1)
    expect(controllers({}, {}, {})).toBe(3)
    expect(controllers({}, {}, {}, {})).toBe(3)
    expect(controllers({ controllers: 1 }, { controllers: 1 }, { controllers: 1 })).toBe(1)
  })

  it('are never two, nor more than brokers', () => {
    refused({ controllers: 2 }, { controllers: 2 }).toThrow('2 controllers are worse than 1: a majority of 2 is 2')
    refused({ controllers: 3 }, { controllers: 3 }).toThrow('3 controllers are asked for and there are 2 brokers')
    refused(...Array.from({ length: 5 }, () => ({ controllers: 5 }))).toThrow('a majority of them is 3')
  })
})

describe('a cluster that cannot be is refused with its numbers', () => {
  it('more copies than brokers', () => {
    refused({ replication: 3 }, { replication: 3 }).toThrow('replication 3 asks for 3 brokers and there are 2')
    refused({ minInSync: 2 }).toThrow('minInSync 2 is more than the 1 copy there are')
  })

  it('numbers that clash', () => {
    refused({ nodeId: 7 }, { nodeId: 7 }).toThrow('kafka1 and kafka2 are both broker 7')
    refused({ nodeId: 7 }, {}).not.toThrow()
  })

  it('ports that clash', () => {
    refused({ guardPort: 9405 }).toThrow('metricsPort and guardPort of kafka1 are both 9405')
    refused({}, { controllerPort: 9092 }).toThrow('port and controllerPort of kafka2 are both 9092')
  })

  it('one setting of the cluster that is two', () => {
    refused({ replication: 2 }, { replication: 1 }).toThrow('replication is 2 for kafka1 and 1 for kafka2')
  })

  it('addresses others do not reach', () => {
    refused({ address: 'kafka1.local' }).toThrow('by IP address')
    refused({ address: '127.0.0.1' }, {}).toThrow('other brokers do not reach kafka1 at 127.0.0.1')
    refused({ address: '127.0.0.1' }).not.toThrow()
  })
})

describe('a board that cannot carry a broker is refused with its numbers', () => {
  const planned = { heap: 128 * MiB, total: 400 * MiB, leastHeap: 96 * MiB, replicas: 500 }
  const board = (architecture: 'arm64' | 'armhf', memory: number, more = {}) =>
    expect(() => refuseBoard({ architecture, memory: memory * MiB }, { ...planned, ...more }))

  it('a 32-bit userland, a heap above the RAM, a heap below its partitions', () => {
    board('arm64', 906).not.toThrow()
    board('armhf', 906).toThrow('32-bit process has 3072 MiB')
    board('arm64', 906, { heap: 800 * MiB, total: 1070 * MiB }).toThrow(
      'a heap of 800 MiB makes a broker of 1070 MiB, and this Pi has 906 MiB',
    )
    board('arm64', 906, { heap: 80 * MiB }).toThrow('a heap of 80 MiB is too little for 500 partitions, which take 96 MiB')
  })
})
