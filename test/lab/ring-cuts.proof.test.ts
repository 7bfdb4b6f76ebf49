import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fault, up } from '../../lab/index.ts'
import { able, eventually, expectPlain, inside, minutes } from './engine-support.ts'
import { RingWorkplace } from './ring-support.ts'
import { Rows } from './rows.ts'

const journal = '/var/lib/provision/rebalance.json'
const move = (share: 1 | 2) => ['mysql', '--weights', share === 1 ? 'mysql=1,cassandra2=2' : 'mysql=2,cassandra2=1', '--yes']

/**
 * `npm run proof:ring-live`. The states in which a ring of virtual Pis lost data, each as it was found. The node that moves is the first
 * and only seed.
 */
describe.runIf(able)('a ring that is cut off', { timeout: 6 * minutes }, () => {
  const workplace = new RingWorkplace()
  const mode = async () => /^Mode: (\w+)/m.exec(await inside(workplace.fleet, 'mysql', 'nodetool netstats 2>/dev/null'))?.[1]

  beforeAll(() => workplace.begin(), 12 * minutes)
  // One that failed leaves the ring to nobody.
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await workplace.begin()
  }, 12 * minutes)
  afterAll(() => workplace.end(), minutes)

  it('keeps what a node took that joined by itself, when both servers went down and it came up first', async () => {
    await workplace.killedAt('join', move(1))
    await eventually(async () => (await mode()) === 'NORMAL', 120)
    await workplace.whole(['mysql', 'cassandra2'])
    const during = new Rows(await workplace.client(), 'after-the-kill')
    await during.fill(2000)
    await inside(workplace.fleet, 'mysql', 'nodetool flush temperature')
    await inside(workplace.fleet, 'cassandra2', 'systemctl stop cassandra')
    await inside(workplace.fleet, 'mysql', 'systemctl restart cassandra')
    // It finds no seed, and ends.
    await eventually(async () => Number(await inside(workplace.fleet, 'mysql', 'systemctl show -p NRestarts --value cassandra')) >= 1, 120)
    const run = await workplace.rebalance('--resume', '--yes')
    expect(run.text).toContain('the server of cassandra2 is off: started')
    expect(run).toMatchObject({ code: 0 })
    expectPlain(run)
    await workplace.everythingIsThere([during])
    expect((await workplace.owned())['mysql']).toBeCloseTo(1 / 3, 2)
    expect(await inside(workplace.fleet, 'mysql', 'ls -d /var/lib/cassandra/before-rebalance.* 2>&1')).toContain('No such file')
  })

  it('does not take the data of a node that serves and does not answer for a moment', async () => {
    await workplace.killedAt('join', move(2))
    await eventually(async () => (await mode()) === 'NORMAL', 120)
    await workplace.whole(['mysql', 'cassandra2'])
    // Its JVM stands still, as one that has no memory left.
    await inside(workplace.fleet, 'mysql', 'systemctl kill -s SIGSTOP cassandra')
    const refused = await workplace.rebalance('--abort', '--yes')
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(/mysql is joining the ring|mysql has joined/)
    await inside(workplace.fleet, 'mysql', 'systemctl kill -s SIGCONT cassandra; systemctl stop cassandra')
    const left = await workplace.rebalance('--abort', '--yes')
    expect(left.text).toContain('mysql has begun to join with its new tokens and its server is off: `provision mysql` starts it again')
    expect(left.code).toBe(0)
    await workplace.provisioned('mysql')
    await workplace.whole(['mysql', 'cassandra2'])
    await workplace.everythingIsThere()
    expect((await workplace.owned())['mysql']).toBeCloseTo(2 / 3, 2)
    // What was given to the other stays there twice until somebody cleans up; what was moved aside, too.
    expect((await workplace.rebalance('--check', '--weights', 'mysql=2,cassandra2=1')).text).toContain('mysql  forget')
  })

  it('starts nothing empty when the power goes between the data and the tokens of a node', async () => {
    await workplace.killedAt('place', move(1))
    await fault.kill(workplace.fleet, 'mysql')
    await up(workplace.fleet)
    expect(
      await inside(
        workplace.fleet,
        'mysql',
        'sleep 5; systemctl is-enabled cassandra; systemctl is-active cassandra; ls /var/lib/cassandra/data 2>&1 | tail -n 1',
      ),
    ).toMatch(/^disabled\ninactive\n/)
    const run = await workplace.rebalance('--resume', '--yes')
    expect(run).toMatchObject({ code: 0 })
    await workplace.everythingIsThere()
    expect((await workplace.owned())['mysql']).toBeCloseTo(1 / 3, 2)
  })

  it('says who is at work and at which step, to whoever comes meanwhile; and a journal left by one that was away is over', async () => {
    const run = workplace.startRebalance('--json', ...move(2))
    let text = ''
    run.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    await eventually(() => text.includes('"state":"decommission"'), 60)
    const stale = await inside(workplace.fleet, 'cassandra2', `cat ${journal}`)
    for (const words of [
      ['--resume', '--yes'],
      ['--abort', '--yes'],
      ['--yes', '--weights', 'mysql=1,cassandra2=1'],
    ]) {
      const other = await workplace.rebalance(...words)
      expect(other.code).toBe(75)
      expect(other.text).toMatch(/\(rebalance cassandra, process \d+, since .*\) is at work right now, at step \d+ of \d+: \w+: \w+/)
    }
    expect((await workplace.rebalance('--check')).text).toMatch(/note: .* is at work right now, at step/)
    expect((await run).exitCode).toBe(0)
    // The end of it had not been heard there.
    await inside(workplace.fleet, 'cassandra2', `cat >${journal} <<'.'\n${stale}\n.\nrm /var/lib/provision/rebalance.last.json`)
    expect((await workplace.provision(workplace.file, ['cassandra2', '--check'])).text).toContain('no change of the ring is cut off')
    const over = await workplace.rebalance('--resume', '--yes')
    expect(over.text).toContain('is over; those that did not hear of it are told')
    expect(over.code).toBe(0)
    expect(await mode()).toBe('NORMAL')
    expect((await workplace.provision(workplace.file, ['--check'])).text).toContain('Nothing to change')
    await workplace.everythingIsThere()
  })
})
