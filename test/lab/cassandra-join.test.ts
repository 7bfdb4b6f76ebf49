import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { able, eventually, expectPlain, inside, minutes, Workplace } from './engine-support.ts'

const name = 'testjoin'
const host = (address: string, model: string, os: string, roles: readonly string[]) => ({
  address,
  user: 'pi',
  model,
  os,
  roles,
  groups: ['nodes'],
  lab: { cpu: 1 },
})
const inventory = (first: string) => ({
  hosts: {
    // Boards of the weights 6 and 12.
    mysql: host('10.78.9.90', 'rpi2b', 'bookworm', ['base', first, 'exporters']),
    cassandra2: host('10.78.9.20', 'rpi3b+', 'bookworm', ['base', 'cassandra']),
  },
  groups: { nodes: { vars: { cassandra: { ringDelay: 5 } } } },
})

describe.runIf(able)('a ring that grows', { timeout: 5 * minutes }, () => {
  const workplace = new Workplace()
  let fleet: Fleet
  let file: string

  /** A run that must end well. */
  const provision = async (...args: string[]): Promise<string> => {
    const run = await workplace.provision(file, args)
    expect(run.text).not.toContain('FAILED')
    expect(run.code).toBe(0)
    expectPlain(run)
    return run.text
  }
  const states = async (on: string) =>
    (await inside(fleet, on, 'nodetool status temperature'))
      .match(/^[UD][NLJM] +\S+/gm)
      ?.map(line => line.replace(/ +/, ' '))
      .sort()
  const owns = async (address: string) =>
    Number(new RegExp(`^UN +${address} .* ([\\d.]+)%`, 'm').exec(await inside(fleet, 'mysql', 'nodetool status temperature'))?.[1])

  beforeAll(async () => {
    file = workplace.write('fleet', name, inventory('mariadb'))
    fleet = await workplace.boot(file)
    await provision('mysql')
    workplace.write('fleet', name, inventory('cassandra'))
  }, 5 * minutes)

  afterAll(() => workplace.end(fleet), minutes)

  it('a Pi that ran MariaDB: the plan says that it and its exporter stop', async () => {
    const { text } = await workplace.provision(file, ['--check', 'mysql'])
    expect(text).toContain('service mariadb: disable; stop')
    expect(text).toContain('service prometheus-mysqld-exporter: disable; stop')
    expect(text).toContain('take a place in the ring: its tokens are computed from the live ring when it joins')
  })

  it('no node begins behind one that failed in its turn; all before that is done', async () => {
    await inside(fleet, 'mysql', 'install -D /dev/null /var/lib/cassandra/data/somebody')
    const { text, code } = await workplace.provision(file)
    expect(code).toBe(1)
    expect(text).toContain('mysql:   it holds data of a node, but not the tokens that node had')
    expect(text).toContain('cassandra2:   not begun: cassandra on mysql failed')
    expect(text).toContain('cassandra2: cassandra: archive /opt/cassandra')
    expect(await inside(fleet, 'cassandra2', 'ls /var/lib/cassandra; systemctl is-active cassandra')).toBe('inactive')
    await inside(fleet, 'mysql', 'rm -r /var/lib/cassandra/data')
  })

  it('only the first of the inventory starts a ring', async () => {
    const { text, code } = await workplace.provision(file, ['cassandra2'])
    expect(code).toBe(1)
    expect(text).toContain('cassandra2 joins the ring that mysql starts, and mysql has no ring yet')
  })

  it('the first becomes a node, and MariaDB is off', async () => {
    const text = await provision('mysql')
    expect(text).toMatch(/mysql: mysql +10\.78\.9\.90 +UN +\d+ .* 100\.0 %/)
    expect(
      await inside(
        fleet,
        'mysql',
        'systemctl is-enabled mariadb prometheus-mysqld-exporter; systemctl is-active mariadb prometheus-mysqld-exporter prometheus-node-exporter',
      ),
    ).toBe('disabled\ndisabled\ninactive\ninactive\nactive')
    expect(await provision('mysql')).toContain('Nothing to change')
  })

  it('the second joins it, also when the run dies meanwhile', async () => {
    await inside(
      fleet,
      'mysql',
      `for i in 1 2 3 4 5 6; do
  echo "INSERT INTO temperature.reading (reading_location, reading_date, reading_note, reading_value)"
  echo "VALUES ('p$i', '2024-01-01T00:00:00Z', '', $i);"
done | cql`,
    )
    const killed = workplace.start(file, ['cassandra2'])
    await eventually(async () => (await inside(fleet, 'cassandra2', 'systemctl is-active cassandra')) === 'active', 90)
    killed.kill('SIGKILL')
    await killed
    const text = await provision('cassandra2')
    expect(text).toContain('cassandra: act member of the ring')
    expect(await inside(fleet, 'cassandra2', 'ls /var/lib/cassandra/seeds.yaml 2>&1')).toContain('No such file')
    expect(await states('mysql')).toEqual(['UN 10.78.9.20', 'UN 10.78.9.90'])
    expect(Math.abs((await owns('10.78.9.20')) - 66.67)).toBeLessThan(1)
    expect(await inside(fleet, 'cassandra2', 'cql -e "SELECT * FROM temperature.reading" | wc -l')).toBe('6')
  })

  it('a new password reaches every node, by one run', async () => {
    const command = join(import.meta.dirname, '../../scripts/bin/secret.mjs')
    await execa(process.execPath, [command, '--inventory', file, 'rotate', 'cassandra/fleet'], { env: workplace.env })
    await provision()
    for (const node of ['mysql', 'cassandra2'])
      expect(await inside(fleet, node, 'cql -e "SELECT cluster_name FROM system.local"; ls /etc/cassandra/cql.json*')).toBe(
        'temperature\n/etc/cassandra/cql.json',
      )
    expect(await provision()).toContain('Nothing to change')
  })
})
