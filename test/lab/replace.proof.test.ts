import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault, reset } from '../../lab/index.ts'
import { parseStatus } from '../../roles/cassandra/ring/index.ts'
import { able, eventually, minutes, Workplace } from './engine-support.ts'
import { proofs } from './proof.ts'
import { hostsAt, replaceQuestions } from './replace-support.ts'

const address = (last: number) => `10.78.144.${last}`
const at = { cass1: address(20), cass2: address(21), mysql: address(90), producer1: address(30) } as const
type Name = keyof typeof at
/** `npm run proof:replace`: some twenty minutes. */
proofs('a fleet whose cards die one after the other', { able, timeout: 40 * minutes }, () => {
  const place = new Workplace()
  let file: string
  let fleet: Fleet
  const figures: Record<string, unknown> = {}

  const { on, run, well, sql, sums, lastNumber } = replaceQuestions(place, () => ({ fleet, file }))
  const cardDies = async (host: Name) => {
    await fault.kill(fleet, host)
    await reset(fleet, host)
  }
  const inCassandra = async (host: Name) => Number(await on(host, `cql -e 'SELECT COUNT(*) FROM temperature.reading' 2>/dev/null`))
  beforeAll(async () => {
    place.patience = 35 * minutes
    const host = hostsAt(at)
    const cassandra = { cassandra: { ringDelay: 5, replication: 2, weight: 1 } }
    file = place.write('fleet', 'testreplace', {
      hosts: {
        cass1: host('cass1', ['cassandra', 'mosquitto'], cassandra),
        cass2: host('cass2', ['cassandra'], cassandra),
        mysql: host('mysql', ['mariadb']),
        producer1: host('producer1', ['collector'], {
          collector: { interval: 250, note: '{sequence}', backends: ['mariadb', 'cassandra'] },
        }),
      },
    })
    fleet = await place.boot(file)
    await well('provision')
    await sql(
      `INSERT INTO reading (reading_location, reading_date, reading_note, reading_value) SELECT CONCAT('room', seq % 4), '2026-01-01' + INTERVAL seq SECOND, seq, seq / 7 FROM seq_1_to_50000`,
    )
    await eventually(async () => (await inCassandra('cass1')) > 400, 300)
  }, 45 * minutes)
  afterAll(async () => {
    console.log(`replace: ${JSON.stringify(figures, undefined, 1)}`)
    await place.end(fleet)
  }, 2 * minutes)

  it('does not replace a Pi that lives, and says so; nor one that the fleet does not have', async () => {
    const refused = await run('fleet', 'replace', 'mysql', '--yes')
    expect(refused.code).toBe(1)
    expect(refused.text).toContain('mysql is not dead: what answers there has the roles base')
    expect((await run('fleet', 'replace', 'mysq', '--yes')).text).toContain('there is no host mysq')
  })

  it('a node of Cassandra at two copies: rows before are rows after, on the new card alone', async () => {
    await on('producer1', 'systemctl stop collector')
    const before = await inCassandra('cass1')
    const own = (await on('cass2', 'openssl x509 -noout -serial -in /etc/cassandra/tls/node.pem')).replace('serial=', '')
    await fault.kill(fleet, 'cass2')
    await eventually(async () => parseStatus(await on('cass1', 'nodetool status temperature')).some(({ up }) => !up), 120)
    await reset(fleet, 'cass2')
    const check = await run('fleet', 'replace', 'cass2', '--check')
    expect(check.code, check.text).toBe(2)
    expect(check.text).toContain('an empty card answers')
    expect(check.text).toContain('cassandra: nothing is lost: there are 2 copies of each reading')
    const unasked = await run('fleet', 'replace', 'cass2')
    expect(unasked.code).toBe(64)
    expect(await on('cass2', 'ls /var/lib/provision 2>/dev/null || true')).toBe('')
    const began = Date.now()
    const text = await well('fleet', 'replace', 'cass2', '--yes')
    figures['cassandra'] = { seconds: (Date.now() - began) / 1000, before }
    expect(text).toContain('cass2 takes the place of the node it was')
    expect(text).toContain('cass2 is whole again')
    expect(text).toContain('of its former card')
    await on('cass1', 'systemctl stop cassandra')
    // Of one node alone, at the level of one copy.
    expect(await inCassandra('cass2')).toBe(before)
    await on('cass1', 'systemctl start cassandra')
    for (const node of ['cass1', 'cass2'] as const)
      await eventually(async () => {
        const said = await on(node, `nodetool status temperature; cql -e 'SELECT now() FROM system.local' >/dev/null 2>&1 && printf open`)
        return said.endsWith('open') && parseStatus(said).every(({ up }) => up)
      }, 240)
    expect(await on('cass1', 'head -1 /etc/mosquitto/fleet-tls/revoked.pem')).toContain(`takes back: ${own}`)
    expect((await on('cass2', 'openssl x509 -noout -serial -in /etc/cassandra/tls/node.pem')).replace('serial=', '')).not.toBe(own)
    await on('producer1', 'systemctl start collector')
    expect(await well('provision')).toContain('Nothing to change')
  })

  it('the host of MariaDB without a cut: how long it takes', async () => {
    await on('producer1', 'systemctl stop collector')
    const now = await sql('SELECT MAX(reading_date) FROM reading')
    const before = await sums(now)
    await well('backup', 'run', '--role', 'mariadb')
    await cardDies('mysql')
    const began = Date.now()
    await well('fleet', 'replace', 'mysql', '--yes')
    figures['mariadb'] = { seconds: (Date.now() - began) / 1000, before }
    expect(await sums(now)).toBe(before)
    await on('producer1', 'systemctl start collector')
  })

  it('a producer whose new card has another host key: it is told, and its readings are numbered on', async () => {
    await well('backup', 'run', '--role', 'collector')
    await on('producer1', 'systemctl stop collector')
    const last = await lastNumber()
    await eventually(
      async () => Number(await sql(`SELECT COUNT(*) FROM reading WHERE reading_location = 'producer1' AND reading_note + 0 > 0`)) > 0,
      60,
    )
    const count = Number(await sql(`SELECT COUNT(*) FROM reading WHERE reading_location = 'producer1'`))
    await cardDies('producer1')
    await on('producer1', 'rm -f /etc/ssh/ssh_host_*; ssh-keygen -A >/dev/null; systemctl restart ssh')
    const refused = await run('fleet', 'replace', 'producer1', '--yes')
    expect(refused.code).toBe(1)
    expect(refused.text).toContain('has changed')
    expect(refused.text).toContain('--host-key SHA256:')
    const wrong = await run('fleet', 'replace', 'producer1', '--yes', '--host-key', `SHA256:${'A'.repeat(43)}`)
    expect(wrong.code).toBe(1)
    const key = (await on('producer1', 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1] ?? ''
    const began = Date.now()
    await well('fleet', 'replace', 'producer1', '--yes', '--host-key', key)
    figures['producer'] = { seconds: (Date.now() - began) / 1000, last, count }
    await eventually(async () => Number(await sql(`SELECT COUNT(*) FROM reading WHERE reading_location = 'producer1'`)) > count + 10, 120)
    const [first, all] = (
      await sql(`SELECT MIN(reading_note + 0), COUNT(*) FROM reading WHERE reading_location = 'producer1' AND reading_note + 0 > ${last}`)
    )
      .split('\t')
      .map(Number)
    figures['numbers'] = { last, first, all }
    expect(first).toBeGreaterThan(last + 1)
    expect(Number(await sql(`SELECT COUNT(*) - COUNT(DISTINCT reading_note) FROM reading WHERE reading_location = 'producer1'`))).toBe(0)
    expect(await well('provision')).toContain('Nothing to change')
  })
})
