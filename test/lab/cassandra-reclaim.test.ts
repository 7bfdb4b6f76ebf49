import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault, up } from '../../lab/index.ts'
import { able, eventually, inside, minutes, Workplace } from './engine-support.ts'

const name = 'testreclaim'

describe.runIf(able)('a ring nobody can log in to', { timeout: 5 * minutes }, () => {
  const workplace = new Workplace()
  let fleet: Fleet
  let file: string

  const settingOf = (key: string) => inside(fleet, 'node', `sed -n 's/^${key}: *//p' /run/cassandra/cassandra.yaml 2>/dev/null || true`)
  const isNormal = async () => {
    expect([await settingOf('authenticator'), await settingOf('authorizer'), await settingOf('rpc_address')]).toEqual([
      'PasswordAuthenticator',
      'CassandraAuthorizer',
      '10.78.43.21',
    ])
    expect(await inside(fleet, 'node', 'ls -A /run/systemd/system/cassandra.service.d /run/cassandra-reclaim 2>/dev/null || true')).toBe('')
  }
  const logsIn = () => inside(fleet, 'node', 'cql --wait 150 -e "SELECT cluster_name FROM system.local" 2>&1 || true')

  beforeAll(async () => {
    file = workplace.write('fleet', name, {
      hosts: {
        node: {
          address: '10.78.43.21',
          user: 'pi',
          model: 'rpi4-1g',
          os: 'bookworm',
          roles: ['base', 'cassandra'],
          lab: { cpu: 1 },
          vars: { cassandra: { ringDelay: 5 } },
        },
      },
    })
    fleet = await workplace.boot(file)
    expect((await workplace.provision(file)).code).toBe(0)
    await inside(fleet, 'node', `cql -e "ALTER ROLE fleet WITH PASSWORD = 'lost'"; sleep 3`)
  }, 5 * minutes)

  afterAll(() => workplace.end(fleet), minutes)

  it('provision says what to do, and does not wait for ever', async () => {
    const { text, code } = await workplace.provision(file)
    expect(code).toBe(1)
    expect(text).toContain('the ring refuses fleet with the password of this fleet, and no member knows another one that it takes')
    expect(text).toContain('sudo cassandra-reclaim')
  })

  it('power is cut while logins are off: the next boot asks for them', async () => {
    await inside(fleet, 'node', 'systemd-run -q --unit=try cassandra-reclaim')
    await eventually(async () => (await settingOf('authenticator')) === 'AllowAllAuthenticator', 60)
    expect(await settingOf('rpc_address')).toBe('127.0.0.1')
    await fault.kill(fleet, 'node')
    await up(fleet)
    await eventually(async () => (await settingOf('authenticator')) !== '', 60)
    await isNormal()
  })

  it('killed, it takes back what it changed', async () => {
    await inside(fleet, 'node', 'systemd-run -q --unit=try cassandra-reclaim')
    await eventually(async () => (await settingOf('authenticator')) === 'AllowAllAuthenticator', 60)
    await inside(fleet, 'node', 'systemctl kill -s KILL try cassandra-reclaim')
    await eventually(
      async () =>
        (await inside(fleet, 'node', 'systemctl is-active cassandra-reclaim || true')) !== 'active' &&
        (await settingOf('authenticator')) === 'PasswordAuthenticator',
      90,
    )
    await isNormal()
  })

  it('gives the superuser its password, and is normal again', async () => {
    expect(await inside(fleet, 'node', 'cassandra-reclaim')).toContain('done: the superuser logs in; run provision')
    await isNormal()
    expect(await logsIn()).toBe('temperature')
    expect(await inside(fleet, 'node', 'cassandra-reclaim')).toContain('nothing to do')
    const { text, code } = await workplace.provision(file)
    expect(code).toBe(0)
    expect(text).toContain('Nothing to change')
  })
})
