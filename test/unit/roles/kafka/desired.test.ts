import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Facts } from '../../../../engine/facts.ts'
import type { Fleet } from '../../../../engine/inventory/types.ts'
import { collect } from '../../../../engine/plan/desired.ts'
import { plan } from '../../../../engine/plan/plan.ts'
import { nameOf, type AnyResource } from '../../../../engine/resources/index.ts'
import kafka from '../../../../roles/kafka/index.ts'
import { kafkaVars } from '../../../../roles/kafka/vars.ts'
import { nothingKept } from '../kept.ts'
import { fleetOf } from './fleet.ts'

const self = fileURLToPath(import.meta.url)
const authority = {
  certificate: '-----BEGIN CERTIFICATE-----',
  issue: () => Promise.resolve(''),
  revoked: [],
  revoke: () => Promise.resolve(''),
}
const prepared = {
  server: { path: self, sha256: 'a'.repeat(64) },
  admin: { path: self, sha256: '', bytes: 0 },
  guard: { path: self, sha256: '', bytes: 0 },
  authority,
}
const facts = { release: 'bookworm', architecture: 'arm64', memory: 2 ** 30, cores: 4 } as unknown as Facts

/** What the first broker of a fleet is to be. */
function desired(fleet: Fleet): readonly AnyResource[] {
  const host = fleet.hosts[0]
  if (!host) throw new Error('no host')
  const vars = kafkaVars.parse(host.vars['kafka'])
  const secret = (name: string) => `secret ${name}`
  return collect(kafka.desired({ host, fleet, facts, vars, prepared, secret, offered: () => [], kept: nothingKept }))
}

describe('a broker', () => {
  const names = desired(fleetOf({}, {}, {})).map(nameOf)

  it('is formatted before it starts, and both come in turn', () => {
    expect(names.indexOf('act storage')).toBeLessThan(names.indexOf('service kafka'))
    expect(
      desired(fleetOf({}))
        .filter(({ turn }) => turn === 'kafka')
        .map(nameOf),
    ).toEqual(['archive /opt/kafka', 'act storage', 'service kafka'])
  })

  it('gets another release in its turn; a first one it gets at once', () => {
    const archive = desired(fleetOf({}, {}, {})).find(each => nameOf(each) === 'archive /opt/kafka')
    if (!archive) throw new Error('no archive')
    const turnOf = (link: string | undefined) =>
      plan([{ role: 'kafka', resource: archive }], { state: new Map([[archive, link]]), pending: new Set(), unseen: new Set() }).items[0]
        ?.turn
    expect([turnOf('/opt/kafka-0123456789abcdef'), turnOf(undefined)]).toEqual(['kafka', undefined])
  })

  it('is not restarted for brokers that come: no file it starts again for changes', () => {
    const restarts = (fleet: Fleet) =>
      desired(fleet)
        .find(each => nameOf(each) === 'service kafka')
        ?.on.map(({ kind, spec }) => [kind.name, JSON.stringify(spec)])
    expect(restarts(fleetOf({}, {}, {}, {}))).toEqual(restarts(fleetOf({}, {}, {})))
    expect(restarts(fleetOf({ heap: 200 }, {}, {}))).not.toEqual(restarts(fleetOf({}, {}, {})))
  })

  it('refuses a board that cannot carry it, with the numbers', () => {
    const fleet = fleetOf({})
    const [host] = fleet.hosts
    if (!host) throw new Error('no host')
    const refusal = (more: object, vars = {}) =>
      kafka.refuse?.({ host, fleet, facts: { ...facts, ...more }, vars: kafkaVars.parse(vars), offered: () => [] })
    expect(refusal({})).toBeUndefined()
    expect(refusal({ architecture: 'armhf' })?.reason).toContain('32-bit')
    expect(refusal({}, { heap: 900 })?.reason).toMatch(/a heap of 900 MiB makes a broker of 1\d{3} MiB, and this Pi has 1024 MiB/)
  })

  // Asked of every Pi before anything is changed on any of them.
  it.each([
    ['2 controllers', [{ controllers: 2 }, { controllers: 2 }], /^2 controllers .* a majority of 2 is 2/],
    ['more controllers than brokers', [{ controllers: 3 }], /^3 controllers are asked for and there is 1 broker/],
    ['more copies than brokers', [{ replication: 3 }, { replication: 3 }], /^replication 3 asks for 3 brokers and there are 2/],
    ['ids that clash', [{ nodeId: 7 }, { nodeId: 7 }], /^kafka1 and kafka2 are both broker 7/],
    ['ports that clash', [{ port: 9093 }], /^port and brokerPort of kafka1 are both 9093/],
    ['a heap above the RAM', [{ heap: 2000 }], /^a heap of 2000 MiB makes a broker of \d+ MiB, and this Pi has 1024 MiB/],
  ])('is refused with %s', (_what, vars, reason) => {
    const fleet = fleetOf(...vars)
    const [host] = fleet.hosts
    if (!host) throw new Error('no host')
    expect(kafka.refuse?.({ host, fleet, facts, vars: kafkaVars.parse(host.vars['kafka']), offered: () => [] })?.reason).toMatch(reason)
  })

  it('that does not run may be started whatever the others are like', () => {
    const fleet = fleetOf({}, {})
    const [host] = fleet.hosts
    if (!host) throw new Error('no host')
    expect(kafka.ready?.({ host, fleet, vars: kafkaVars.parse({}) }).ask).toMatch(/^! systemctl is-active -q kafka \|\| /)
  })
})
