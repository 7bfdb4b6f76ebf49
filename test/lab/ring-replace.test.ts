import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, reset, up } from '../../lab/index.ts'
import { parseStatus } from '../../roles/cassandra/ring/index.ts'
import { able, eventually, inside, minutes } from './engine-support.ts'
import { proof, proofs } from './proof.ts'
import { logins, RingWorkplace, rows, type Name } from './ring-support.ts'
import { Rows } from './rows.ts'

/** All of them: `npm run proof:ring-live`. */
describe.runIf(able)('a card that dies at two copies', { timeout: 8 * minutes }, () => {
  const workplace = new RingWorkplace()
  let alive: readonly Name[] = []

  /** The card dies, and its Pi boots with an empty one; until then the others are alone. */
  async function cardDies(node: Name, others: readonly Name[]): Promise<void> {
    alive = others
    await fault.kill(workplace.fleet, node)
    for (const other of others)
      await eventually(
        async () => parseStatus(await inside(workplace.fleet, other, 'nodetool status temperature')).some(({ up }) => !up),
        120,
      )
    await reset(workplace.fleet, node)
  }

  beforeAll(() => workplace.begin({ replication: 2 }), 12 * minutes)
  afterAll(() => workplace.end(), minutes)

  it('of two nodes is replaced by one command: all rows there, and logins work on the other all the while', async () => {
    alive = ['mysql', 'cassandra2']
    const asked = logins(workplace, () => alive)
    const meanwhile = new Rows(await workplace.client('mysql'), 'meanwhile')
    await cardDies('cassandra2', ['mysql'])
    await meanwhile.fill(500, 8)
    const refused = await workplace.provision(workplace.file, ['cassandra2'])
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(
      /cassandra2 was a node of the ring \([0-9a-f-]+, 10\.78\.\d+\.20\) and its card is empty\. Nothing is lost: there are 2 copies/,
    )
    expect(refused.text).toContain('provision cassandra2 --yes')
    const text = await workplace.provisioned('cassandra2', '--yes')
    expect(text).toMatch(/cassandra2 takes the place of the node it was/)
    await workplace.whole(['mysql', 'cassandra2'])
    alive = ['mysql', 'cassandra2']
    await workplace.everythingIsThere([meanwhile])
    const { asked: count, failed } = await asked.stop()
    expect(count).toBeGreaterThan(10)
    expect(failed).toEqual([])
    // Both hold everything: the new card alone has every row, also those that were written while it was dead.
    expect(
      Number(
        await inside(
          workplace.fleet,
          'cassandra2',
          `systemctl is-active cassandra >/dev/null && cql -e 'SELECT COUNT(*) FROM temperature.reading' 2>/dev/null`,
        ),
      ),
    ).toBe(rows + 500)
    expect(await workplace.provisioned()).toContain('Nothing to change')
  })

  proof('of the first of two, while the power of the house was off: the other starts alone, and its seed is replaced', async () => {
    for (const node of ['mysql', 'cassandra2'] as const) await fault.kill(workplace.fleet, node)
    await reset(workplace.fleet, 'mysql')
    await up(workplace.fleet)
    // Nobody helps it.
    await eventually(
      async () => (await inside(workplace.fleet, 'cassandra2', 'nodetool netstats 2>/dev/null')).includes('Mode: NORMAL'),
      300,
    )
    const refused = await workplace.provision(workplace.file, [])
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(/mysql was a node of the ring .* and its card is empty\. Nothing is lost: there are 2 copies/)
    await workplace.provisioned('--yes')
    await workplace.whole(['mysql', 'cassandra2'])
    await workplace.everythingIsThere()
    expect(await workplace.provisioned()).toContain('Nothing to change')
  })

  proof('of three nodes, after a cleanup and with a password that no node has heard of yet, too', async () => {
    workplace.inventory(['mysql', 'cassandra2', 'consumer1'], { replication: 2 })
    workplace.fleet = await workplace.load(workplace.file)
    await up(workplace.fleet)
    await workplace.provisioned('consumer1')
    await workplace.whole(['mysql', 'cassandra2', 'consumer1'])
    for (const node of ['mysql', 'cassandra2', 'consumer1']) await inside(workplace.fleet, node, 'nodetool cleanup')
    alive = ['mysql', 'cassandra2', 'consumer1']
    const asked = logins(workplace, () => alive)
    // The first of the inventory: the seed of all others.
    await cardDies('mysql', ['cassandra2', 'consumer1'])
    const before = await asked.stop()
    expect(before.failed).toEqual([])
    await workplace.secret('rotate', 'cassandra/fleet')
    await workplace.provisioned('mysql', '--yes')
    await workplace.whole(['mysql', 'cassandra2', 'consumer1'])
    await workplace.everythingIsThere()
    await workplace.provisioned()
    for (const node of ['mysql', 'cassandra2', 'consumer1'])
      expect(await inside(workplace.fleet, node, `cql -e "SELECT role FROM system_auth.roles WHERE role = 'fleet'"`)).toBe('fleet')
    expect(await workplace.provisioned()).toContain('Nothing to change')
  })
})

proofs('a card that dies at one copy', { able, timeout: 6 * minutes }, () => {
  const workplace = new RingWorkplace()
  beforeAll(() => workplace.begin(), 12 * minutes)
  afterAll(() => workplace.end(), minutes)

  it('is told what it takes with it, and the ring is whole again', async () => {
    await fault.kill(workplace.fleet, 'cassandra2')
    await eventually(
      async () => parseStatus(await inside(workplace.fleet, 'mysql', 'nodetool status temperature')).some(({ up }) => !up),
      120,
    )
    await reset(workplace.fleet, 'cassandra2')
    const refused = await workplace.provision(workplace.file, ['cassandra2'])
    expect(refused.text).toContain(
      'With one copy of each reading, what only that card held is lost for good: 50.0 % of all that was stored',
    )
    await workplace.provisioned('cassandra2', '--yes')
    await workplace.whole(['mysql', 'cassandra2'])
    expect((await workplace.owned())['cassandra2']).toBeCloseTo(0.5, 2)
    const left = Number(await inside(workplace.fleet, 'mysql', `cql -e 'SELECT COUNT(*) FROM temperature.reading' 2>/dev/null`))
    expect(Math.abs(left - rows / 2)).toBeLessThan(rows / 20)
  })
})
