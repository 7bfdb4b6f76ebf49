import { describe, expect, it } from 'vitest'
import { fleetProperties, propertiesText, serverProperties } from '../../../../roles/kafka/config/properties.ts'
import { kafkaMemory } from '../../../../roles/kafka/memory.ts'
import { members } from '../../../../roles/kafka/members.ts'
import { fleetOf, type Vars } from './fleet.ts'

const memory = kafkaMemory({ memory: 2 ** 30, cores: 4 }, { replication: 1 })
const settings = (index: number, ...vars: readonly Vars[]) => {
  const member = members(fleetOf(...vars))[index]
  if (!member) throw new Error('no such broker')
  return serverProperties(member, memory)
}

describe('settings of a broker', () => {
  const three = [{}, {}, {}, {}]

  it('has a dynamic quorum, and no list of voters', () => {
    expect(settings(0, {})).not.toContain('quorum.voters')
    expect(fleetProperties(members(fleetOf(...three)))).toContain(
      'controller.quorum.bootstrap.servers=10.0.0.1:9094,10.0.0.2:9094,10.0.0.3:9094\n',
    )
  })

  it('can be a controller, also where it is none: who comes into the quorum or leaves it is not restarted', () => {
    for (const index of [0, 3]) expect(settings(index, ...three)).toContain('process.roles=broker,controller\n')
    for (const fewer of [
      [{}, {}],
      [{}, {}, {}],
    ])
      expect(settings(1, ...fewer)).toBe(settings(1, ...three))
    const one = Array.from({ length: 3 }, () => ({ controllers: 1 }))
    expect(settings(2, ...one)).toBe(settings(2, {}, {}, {}))
  })

  it('listens at its address only, by number, also of IPv6', () => {
    expect(settings(0, { address: 'fd00::7' })).toMatch(
      /^listeners=CLIENTS:\/\/\[fd00::7\]:9092,BROKERS:\/\/\[fd00::7\]:9093,CONTROLLERS:\/\/\[fd00::7\]:9094$/m,
    )
  })

  it('does not change when the fleet grows: nobody is restarted', () => {
    expect(settings(0, ...three, {}, {})).toBe(settings(0, ...three))
    expect(settings(0, {}, {})).toBe(settings(0, {}))
  })

  it('takes nobody without a certificate or a password, lets nobody do what no rule allows, and keeps everything', () => {
    const text = settings(0, {})
    for (const line of [
      'listener.security.protocol.map=CLIENTS:SASL_SSL,BROKERS:SSL,CONTROLLERS:SSL',
      'listener.name.brokers.ssl.client.auth=required',
      'listener.name.controllers.ssl.client.auth=required',
      'listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512',
      'allow.everyone.if.no.acl.found=false',
      'auto.create.topics.enable=false',
      'super.users=User:broker',
      'log.retention.ms=-1',
    ])
      expect(text).toContain(`${line}\n`)
    expect(text).not.toContain('PLAINTEXT')
  })

  it('is a broker to others by the subject of its certificate, and not by a name that another host could have', () => {
    const [, pattern = ''] = /brokers\.ssl\.principal\.mapping\.rules=RULE:(.+?)\/broker\/,DEFAULT/.exec(settings(0, {})) ?? []
    expect('CN=kafka:kafka1').toMatch(new RegExp(pattern))
    for (const other of ['CN=kafka1', 'CN=broker', 'CN=kafka', 'CN=x,CN=kafka:kafka1']) expect(other).not.toMatch(new RegExp(pattern))
  })

  it('makes as many copies of what Kafka keeps for itself as there are brokers, at most three', () => {
    const copies = (count: number) =>
      /^offsets\.topic\.replication\.factor=(\d)$/m.exec(
        fleetProperties(members(fleetOf(...Array.from({ length: count }, () => ({}))))),
      )?.[1]
    expect([1, 2, 3, 5].map(copies)).toEqual(['1', '2', '3', '3'])
  })
})

it('a properties file has no escapes but those that are meant', () => expect(propertiesText({ a: 'x\\y' })).toBe('a=x\\\\y\n'))
