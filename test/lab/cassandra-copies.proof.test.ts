import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault, reset } from '../../lab/index.ts'
import { askedText, login } from '../../roles/cassandra/cql/asked.ts'
import { owedFolder } from '../../roles/cassandra/owed.ts'
import { able, eventually, expectPlain, inside, minutes, Workplace } from './engine-support.ts'

const name = 'testcopies'
const host = (last: number) => ({
  address: `10.78.43.${last}`,
  user: 'pi',
  model: 'rpi4-1g',
  os: 'bookworm',
  roles: ['base', 'cassandra'],
  groups: ['nodes'],
  lab: { cpu: 1 },
})
const inventory = (replication: number) => ({
  hosts: { one: host(11), two: host(12), three: host(13) },
  groups: { nodes: { vars: { cassandra: { ringDelay: 5, replication } } } },
})
const rows = 300
// Blank, quotes and `;` on purpose.
const passwords = (fleet: string) => ({ FLEET_SECRET_CASSANDRA_FLEET: fleet })

/** Some seven minutes: `npm run proof:copies`. What cards that die take with them is in ring-replace.test.ts, too. */
describe.runIf(able)('copies of a ring of two that becomes three', { timeout: 8 * minutes }, () => {
  const workplace = new Workplace()
  let fleet: Fleet
  let file: string
  let secrets = passwords("the first; 'one'")

  const provision = async (...args: string[]): Promise<string> => {
    const run = await workplace.provision(file, args, secrets)
    expect(run.text).not.toContain('FAILED')
    expect(run.code).toBe(0)
    expectPlain(run)
    return run.text
  }
  const count = async (on: string) => Number(await inside(fleet, on, 'cql -e "SELECT * FROM temperature.reading" | wc -l'))
  const logins = async (on: string) =>
    (
      await inside(
        fleet,
        on,
        `cql <<'.'\n${askedText([login('fleet', secrets.FLEET_SECRET_CASSANDRA_FLEET)])}\nSELECT cluster_name FROM system.local;\n.`,
      )
    ).split('\n')
  const bothLogIn = ['{"login":"fleet","ok":true}', 'temperature']
  const owed = (on: string) => inside(fleet, on, `ls ${owedFolder} 2>/dev/null || true`)
  const idOf = async (address: string) =>
    new RegExp(`${address} .* ([0-9a-f-]{36}) `).exec(await inside(fleet, 'one', 'nodetool status'))?.[1]

  /** Logs in all the time; `logins.log` has what they were told. */
  const watch = (on: string) =>
    inside(
      fleet,
      on,
      `cat >/root/logins.cql <<'.'
${askedText([login('fleet', secrets.FLEET_SECRET_CASSANDRA_FLEET)])}
SELECT cluster_name FROM system.local;
.
systemd-run -q --unit=logins bash -c 'while :; do cql </root/logins.cql 2>&1 | tr "\\n" " " >>/root/logins.log; echo >>/root/logins.log; sleep 2; done'`,
    )
  const watched = async (on: string) =>
    (await inside(fleet, on, 'systemctl stop logins; cat /root/logins.log'))
      .split('\n')
      .map(line => line.trim())
      .filter(Boolean)

  beforeAll(async () => {
    file = workplace.write('fleet', name, inventory(1))
    fleet = await workplace.boot(file)
    await provision('one', 'two')
  }, 8 * minutes)

  afterAll(() => workplace.end(fleet), minutes)

  it('accounts are on both nodes, and more copies of them than nodes are nothing to change', async () => {
    expect(await inside(fleet, 'two', 'nodetool status system_auth')).toMatch(/100\.0%[^]*100\.0%/)
    for (const on of ['one', 'two']) expect(await logins(on)).toEqual(bothLogIn)
    expect(await provision('one', 'two')).toContain('Nothing to change')
  })

  /** Runs provision on the first node, and kills it once it said this. */
  async function cutAt(words: string): Promise<void> {
    const cut = workplace.start(file, ['one'], secrets)
    let said = ''
    cut.all.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    await eventually(() => said.includes(words))
    cut.kill('SIGKILL')
    await cut
  }

  it('a fleet from before: accounts that had one copy are on both again, also when the run and the repair were cut off', async () => {
    await inside(fleet, 'one', `cql -e "ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '1'}"`)
    for (const on of ['one', 'two']) await inside(fleet, on, 'nodetool flush system_auth; nodetool cleanup system_auth')
    await cutAt('copies what it is to hold of system_auth')
    await inside(fleet, 'one', "systemctl kill -s KILL 'repair-system_auth-*'")
    for (const on of ['one', 'two']) expect(await owed(on)).toBe('repair-system_auth')
    await provision('one', 'two')
    for (const on of ['one', 'two']) {
      expect(await logins(on)).toEqual(bothLogIn)
      expect(await owed(on)).toBe('')
    }
    await inside(fleet, 'two', 'systemctl stop cassandra')
    expect(await logins('one')).toEqual(bothLogIn)
    await inside(fleet, 'two', 'systemctl start cassandra; cql --wait 120 -e "SELECT key FROM system.local"')
    await eventually(async () => (await inside(fleet, 'one', 'nodetool status')).match(/^UN /gm)?.length === 2)
  })

  it('killed between ALTER and repair, the next run repairs; a third joins meanwhile, and everybody logs in all the while', async () => {
    await inside(
      fleet,
      'one',
      `for i in $(seq ${rows}); do echo "INSERT INTO temperature.reading (reading_location, reading_date, reading_note, reading_value) VALUES ('p', $i, '', $i);"; done | cql`,
    )
    for (const on of ['one', 'two']) await watch(on)
    workplace.write('fleet', name, inventory(2))
    await cutAt('copies what it is to hold of temperature')
    for (const on of ['one', 'two']) expect(await owed(on)).toBe('repair-temperature')
    const text = await provision()
    expect(text).toContain('repair of temperature that is owed')
    for (const on of ['one', 'two', 'three']) {
      expect(await owed(on)).toBe('')
      expect(await logins(on)).toEqual(bothLogIn)
    }
    for (const on of ['one', 'two']) {
      const told = await watched(on)
      expect(told.length).toBeGreaterThan(10)
      expect(told.filter(line => line !== bothLogIn.join(' '))).toEqual([])
    }
  })

  it('a card dies: the others log in, also after a cleanup and a restart, and have every row', async () => {
    await fault.kill(fleet, 'two')
    for (const on of ['one', 'three']) {
      await inside(fleet, on, 'nodetool cleanup')
      expect(await logins(on)).toEqual(bothLogIn)
      expect(await count(on)).toBe(rows)
    }
    await inside(fleet, 'three', 'systemctl restart cassandra; cql --wait 120 -e "SELECT key FROM system.local"')
    expect(await logins('three')).toEqual(bothLogIn)
    expect(await inside(fleet, 'three', `systemctl start cassandra-repair; journalctl -u cassandra-repair -o cat --no-pager`)).toContain(
      'skipped: the ring is not whole: 10.78.43.12 is DN; tries again later',
    )
    await inside(fleet, 'three', 'systemctl stop cassandra-repair')
  })

  it('a new card and a new password at once: another member tells the ring', async () => {
    await inside(fleet, 'one', `nodetool removenode ${await idOf('10.78.43.12')}`)
    secrets = passwords('the second; "one"')
    await reset(fleet, 'two')
    const text = await provision('two')
    expect(text).toContain('one told the ring the password of fleet: two did not know the one before')
    expect(await logins('two')).toEqual(bothLogIn)
    await provision()
    for (const on of ['one', 'two', 'three']) expect(await logins(on)).toEqual(bothLogIn)
    expect(await count('two')).toBe(rows)
  })

  it('each node repairs its part by itself, one after the other', async () => {
    expect(await inside(fleet, 'one', 'systemctl is-enabled cassandra-repair.timer; systemctl is-active cassandra-repair.timer')).toBe(
      'enabled\nactive',
    )
    await inside(fleet, 'one', 'systemctl start cassandra-repair')
    expect(await inside(fleet, 'one', 'stat -c %U /var/lib/provision/cassandra; cat /var/lib/provision/cassandra/repaired-*')).toMatch(
      /^root\n\d{4}-\d\d-\d\dT[\d:]{8}Z\n\d{4}-\d\d-\d\dT[\d:]{8}Z$/,
    )
  })
})
