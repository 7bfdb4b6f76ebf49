import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { able, expectPlain, inside, minutes, Workplace } from './engine-support.ts'

const host = (...roles: string[]) => ({ address: '10.78.14.11', user: 'pi', model: 'rpi4-1g', os: 'bookworm', roles, lab: { cpu: 1 } })

describe.runIf(able)('roles that a host has no more', { timeout: 5 * minutes }, () => {
  const workplace = new Workplace()
  const inventory = (...roles: string[]) => workplace.write('fleet', 'testremoved', { hosts: { one: host(...roles) } })
  let fleet: Fleet
  let file: string
  const units = () =>
    inside(
      fleet,
      'one',
      'systemctl is-active mariadb collector prometheus-node-exporter; systemctl is-enabled mariadb collector prometheus-node-exporter',
    )
  const unchanged = async () => {
    const again = await workplace.provision(file, ['--check'])
    expect(again.text).toContain('Nothing to change')
    expect(again.code).toBe(0)
  }

  beforeAll(async () => {
    file = inventory('base', 'mariadb', 'exporters', 'collector')
    fleet = await workplace.boot(file)
    const run = await workplace.provision(file)
    expect(run.text).toContain('no host failed')
  }, 6 * minutes)

  afterAll(() => workplace.end(fleet), minutes)

  it('stops and disables them, says so first, and keeps their data', async () => {
    file = inventory('base', 'exporters')
    const plan = await workplace.provision(file, ['--check'])
    expect(plan.code).toBe(2)
    expect(plan.text).toContain(
      'one: mariadb: no longer a role of this host: it is stopped and disabled (--purge removes what it made); its data stays in /var/lib/mysql',
    )
    expect(plan.text).toContain('one:   collector: service collector: disable; stop')
    expect(await units()).toBe('active\nactive\nactive\nenabled\nenabled\nenabled')
    const run = await workplace.provision(file)
    expectPlain(run)
    expect(run.code).toBe(0)
    expect(await units()).toBe('inactive\ninactive\nactive\ndisabled\ndisabled\nenabled')
    expect(await inside(fleet, 'one', 'ls -d /var/lib/mysql/temperature')).toBe('/var/lib/mysql/temperature')
    await unchanged()
  })

  it('lets one come back with its data', async () => {
    await inside(
      fleet,
      'one',
      "systemctl start mariadb; mariadb -e \"INSERT INTO temperature.reading VALUES ('here', '2026-01-01 00:00:00.000', 'kept', 21.5)\"",
    )
    file = inventory('base', 'mariadb', 'exporters')
    expect((await workplace.provision(file)).code).toBe(0)
    expect(
      await inside(fleet, 'one', 'mariadb -N -e "SELECT reading_note FROM temperature.reading WHERE reading_location = \'here\'"'),
    ).toBe('kept')
    await unchanged()
  })

  it('purges what they made, but data only by name and with a yes', async () => {
    file = inventory('base')
    const run = await workplace.provision(file, ['--purge'])
    expect(run.code).toBe(0)
    expect(
      await inside(
        fleet,
        'one',
        `dpkg -l mariadb-server prometheus-node-exporter 2>/dev/null | grep -c ^ii
ls /opt/collector /etc/collector /usr/local/bin/collect /etc/mysql/mariadb.conf.d/60-pi.cnf 2>/dev/null
getent passwd collector; ls -d /var/lib/mysql/temperature`,
      ),
    ).toBe('0\n/var/lib/mysql/temperature')
    await unchanged()
    file = inventory('base', 'mariadb')
    expect((await workplace.provision(file)).code).toBe(0)
    expect(await inside(fleet, 'one', 'mariadb -N -e "SELECT COUNT(*) FROM temperature.reading"')).not.toBe('0')
    file = inventory('base')
    const asked = await workplace.provision(file, ['--purge-data', 'mariadb'])
    expect(asked.code).toBe(1)
    expect(asked.text).toMatch(/the data of mariadb stays in \/var\/lib\/mysql: nobody said yes/)
    expect(asked.text).toContain('provision one --purge-data mariadb --yes')
    expect(await inside(fleet, 'one', 'ls -d /var/lib/mysql/temperature')).toBe('/var/lib/mysql/temperature')
    expect((await workplace.provision(file, ['--purge-data', 'mariadb', '--yes'])).code).toBe(0)
    expect(await inside(fleet, 'one', 'ls -d /var/lib/mysql 2>&1')).toContain('No such file')
    await unchanged()
  })
})
