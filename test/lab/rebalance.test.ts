import type { Client } from 'cassandra-driver'
import { execa } from 'execa'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectorEntry } from '../../collector/entry.ts'
import { sealed } from '../../engine/operation/index.ts'
import { buildProgram } from '../../engine/programs/index.ts'
import { up } from '../../lab/index.ts'
import { parseStatus } from '../../roles/cassandra/ring/index.ts'
import { AgentProcess, until } from '../engines/collector-support/agent-process.ts'
import { able, eventually, expectPlain, inside, minutes } from './engine-support.ts'
import { proof } from './proof.ts'
import { addresses, RingWorkplace, rows, type RingEvent } from './ring-support.ts'
import { census, missing, Rows } from './rows.ts'

/** The long form is `npm run proof:rebalance`. */
describe.runIf(able)(`two unequal Pis with ${rows} rows`, { timeout: 12 * minutes }, () => {
  const workplace = new RingWorkplace()
  let ring: Client
  let bundle: string
  const agents: AgentProcess[] = []
  const old = () => new Rows(ring, 'before')
  const journal = '/var/lib/provision/rebalance.json'
  const mode = async () => /^Mode: (\w+)/m.exec(await inside(workplace.fleet, 'mysql', 'nodetool netstats 2>/dev/null'))?.[1]

  /** Shares, as each of the two counts. */
  async function owned(): Promise<Readonly<Record<string, number>>> {
    const shares = await workplace.owned('mysql')
    expect(await workplace.owned('cassandra2')).toEqual(shares)
    return shares
  }

  /** A collector that writes and a reader that reads until they are told to stop. */
  async function traffic(location: string) {
    const agent = new AgentProcess(bundle, workplace.folder, {
      location,
      note: '{sequence}',
      rate: 100,
      sensor: join(workplace.folder, 'sensor'),
      metrics: { address: '127.0.0.1', port: 0 },
      queue: { directory: join(workplace.folder, `queue-${location}`) },
      deadLetters: join(workplace.folder, `dead-${location}.jsonl`),
      backends: [
        {
          type: 'cassandra',
          hosts: [addresses.mysql, addresses.cassandra2],
          user: 'fleet',
          passwordFile: join(workplace.folder, 'password'),
          tls: { ca: join(workplace.folder, 'ca.pem') },
        },
      ],
    })
    agents.push(agent)
    await agent.start()
    const first = old()
    let going = true
    const seen = { lost: 0, reads: 0, unanswered: 0 }
    const reader = (async () => {
      for (let index = 0; going; index = (index + 7919) % rows) {
        try {
          if (!(await first.has(index))) seen.lost++
          seen.reads++
        } catch {
          seen.unanswered++
        }
        await new Promise(done => setTimeout(done, 10))
      }
    })()
    return {
      /** Ends both once the collector's queue is empty: what it could not store at first is stored then. */
      async stop() {
        going = false
        await reader
        await until(
          'the queue is drained',
          async () => (await agent.metric('collector_stored_total')) > 100 && (await agent.metric('collector_queue_readings')) <= 1,
        )
        const [errors, dropped] = [await agent.metric('collector_errors_total'), await agent.metric('collector_dropped_total')]
        expect(await agent.end('SIGTERM')).toBe(0)
        return { location, errors, dropped, ...seen }
      },
    }
  }

  /** Every row that was there before, and every reading the collector ever took: numbered, so none is sampled. */
  async function everythingIsThere(locations: readonly string[] = []): Promise<void> {
    const found = await census(ring)
    expect(found.get('before')?.size).toBe(rows)
    for (const location of locations) {
      const numbers = found.get(location) ?? new Set()
      console.log(`${location}: ${numbers.size} readings of the collector`)
      expect(numbers.size).toBeGreaterThan(1000)
      expect(
        missing(
          Array.from({ length: Math.max(...numbers) }, (_, index) => index + 1),
          numbers,
        ),
      ).toEqual([])
    }
  }

  /** States in which a run was killed. */
  const killed: string[] = []
  const middle: Readonly<Record<string, number>> = { decommission: 4000, join: 4000, provision: 15_000 }

  /** A run that is killed at the first state in which none was killed before, and resumed, until one comes to its end. */
  async function killedInEach(...first: readonly string[]): Promise<void> {
    for (let args = first, ended = false; !ended; args = ['--resume', '--yes']) {
      const run = workplace.startRebalance('--json', ...args)
      let text = ''
      run.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        for (const line of text.split('\n').slice(0, -1)) {
          const event = JSON.parse(line) as RingEvent
          if (event.event !== 'step' || event.state === undefined || killed.includes(event.state)) continue
          killed.push(event.state)
          // Not at the very edge: somewhere in the middle of what the state does.
          setTimeout(() => run.kill('SIGKILL'), middle[event.state] ?? 150)
        }
      })
      const { exitCode, signal, all } = await run
      ended = exitCode === 0
      if (!ended) expect({ signal, all }).toMatchObject({ signal: 'SIGKILL' })
    }
  }

  beforeAll(async () => {
    await workplace.begin()
    writeFileSync(join(workplace.folder, 'password'), workplace.password(), { mode: 0o600 })
    writeFileSync(join(workplace.folder, 'ca.pem'), await workplace.ca())
    writeFileSync(join(workplace.folder, 'sensor'), '48312\n')
    ;({ path: bundle } = await buildProgram(collectorEntry))
    ring = await workplace.client()
  }, 12 * minutes)

  afterAll(async () => {
    for (const agent of agents) await agent.end('SIGKILL')
    await workplace.end()
  }, minutes)

  it('holds less memory than was promised, and nothing was killed for it', async () => {
    for (const host of ['mysql', 'cassandra2']) {
      const planned = Number(/cassandra (\d+)/.exec((await workplace.provision(workplace.file, [host, '--check'])).text)?.[1])
      const rss =
        Number(
          await inside(workplace.fleet, host, `awk '/^VmRSS/ {print $2}' /proc/$(systemctl show -p MainPID --value cassandra)/status`),
        ) / 1024
      console.log(`${host}: ${Math.round(rss)} MiB resident after ${rows} rows, ${planned} MiB planned`)
      expect(rss).toBeLessThan(planned)
      // That one of two that get their power back together ends because the other is not up yet, and is started again, is as it should be.
      expect(await inside(workplace.fleet, host, 'journalctl -u cassandra --no-pager | grep -cE "oom-kill|status=9/KILL"')).toBe('0')
    }
  })

  proof('measures them as unequal as they are', async () => {
    const run = await workplace.rebalance('--measure', '--check', '--json')
    const { weights } = JSON.parse(run.text.slice(run.text.indexOf('{'))) as { weights: Record<string, number> }
    console.log(`measured: ${JSON.stringify(weights)}`)
    expect(weights['mysql']).toBe(1)
    expect(weights['cassandra2']).toBeGreaterThan(1)
  })

  it('says what it would do, and does nothing', async () => {
    const run = await workplace.rebalance('--check', '--weights', 'mysql=1,cassandra2=2')
    expect(run.code).toBe(2)
    expectPlain(run)
    expect(run.text).toMatch(/^mysql +1 .*50\.0 % +33\.3 % +33\.3 % .* MiB/m)
    expect(run.text).toMatch(/^cassandra2 +2 .*50\.0 % +66\.7 % +66\.7 % .* MiB/m)
    expect(run.text).toContain('$ nodetool decommission')
    for (const role of [[], ['cassandra']]) expect((await workplace.rebalance(...role, '--check')).text).toContain('Nothing to do')
    expect(await owned()).toEqual({ mysql: 0.5, cassandra2: 0.5 })
  })

  it('gives each what its weight asks for, while others write and read, and although its run is killed', async () => {
    const busy = await traffic('during')
    await workplace.killedAt('join', ['--yes', '--weights', 'mysql=1,cassandra2=2'], 1000)
    const run = await workplace.rebalance('--resume', '--yes')
    const { lost, dropped, ...seen } = await busy.stop()
    expect(run.text).toContain('cleanup done')
    expect(run.code).toBe(0)
    expectPlain(run)
    const { mysql = 0, cassandra2 = 0 } = await owned()
    expect(Math.abs(mysql - 1 / 3)).toBeLessThan(0.01)
    expect(Math.abs(cassandra2 - 2 / 3)).toBeLessThan(0.01)
    console.log(`while it moved: ${JSON.stringify(seen)}`)
    expect({ lost, dropped }).toEqual({ lost: 0, dropped: 0 })
    await everythingIsThere(['during'])
  })

  it('carries nothing out that this fleet has not written', async () => {
    const id =
      parseStatus(await inside(workplace.fleet, 'cassandra2', 'nodetool status')).find(({ address }) => address === addresses.mysql)?.id ??
      ''
    const steps = (['aside', 'place', 'start'] as const).map(state =>
      state === 'place' ? { state, node: 'mysql', tokens: ['1'], seeds: [addresses.mysql] } : { state, node: 'mysql' },
    )
    const foreign = {
      number: 99,
      id: '2b0e7c60-0b1c-4f58-8f0e-7a3c2a3a0001',
      fleet: 'otherfleet',
      began: '2030-01-01T00:00:00Z',
      hosts: ['mysql', 'cassandra2'],
      weights: {},
      keyspace: 'temperature',
      ids: { mysql: id },
      steps,
      at: 0,
    }
    const text = sealed(foreign, { fleet: 'otherfleet', key: 'its own secret' })
    for (const host of ['mysql', 'cassandra2']) await inside(workplace.fleet, host, `cat >${journal} <<'.'\n${text}.`)
    for (const words of [
      ['--resume', '--yes'],
      ['--abort', '--yes'],
      ['--yes', '--weights', 'mysql=2,cassandra2=1'],
    ]) {
      const run = await workplace.rebalance(...words)
      expect(run.code).toBe(1)
      expect(run.text).toMatch(
        /the journal of a rebalance on (mysql|cassandra2) is not to be believed: it is not sealed with this fleet’s secret/,
      )
    }
    expect(await mode()).toBe('NORMAL')
    for (const host of ['mysql', 'cassandra2']) await inside(workplace.fleet, host, `rm ${journal}`)
  })

  it('does not stop a node that the inventory takes out while it is one of a ring with others', async () => {
    workplace.inventory(['mysql', 'cassandra2'], { former: ['mysql'] })
    try {
      const plan = await workplace.provision(workplace.file, ['mysql', '--check'])
      expect(plan.text).toContain('if not, `rebalance cassandra --remove mysql` comes first')
      const run = await workplace.provision(workplace.file, ['mysql'])
      expect(run.code).toBe(1)
      expect(run.text).toContain('mysql is no longer to be a node, and is still one of a ring of 2')
      expect(run.text).toContain('let it leave first: rebalance cassandra --remove mysql')
      expect(await mode()).toBe('NORMAL')
      // Off for good by its own word: the other one still counts on it.
      await inside(workplace.fleet, 'mysql', 'systemctl disable -q --now cassandra')
      const off = await workplace.provision(workplace.file, ['mysql'])
      expect(off.code).toBe(1)
      expect(off.text).toMatch(/mysql is no longer to be a node, and others count on it: cassandra2 lists it \((UN|DN)/)
    } finally {
      await inside(workplace.fleet, 'mysql', 'systemctl enable -q --now cassandra')
      workplace.inventory(['mysql', 'cassandra2'])
    }
    await workplace.whole(['mysql', 'cassandra2'])
  })

  proof('goes on after a kill in each of its states, with the only seed as the one that moves', async () => {
    const busy = await traffic('killed')
    await killedInEach('mysql', '--weights', 'mysql=2,cassandra2=1', '--yes')
    const { lost, dropped } = await busy.stop()
    expect(killed).toEqual(['promote', 'decommission', 'confirm', 'stop', 'aside', 'place', 'start', 'join', 'settle', 'cleanup', 'forget'])
    const { mysql = 0, cassandra2 = 0 } = await owned()
    expect(Math.abs(mysql - 2 / 3)).toBeLessThan(0.01)
    expect(Math.abs(cassandra2 - 1 / 3)).toBeLessThan(0.01)
    expect({ lost, dropped }).toEqual({ lost: 0, dropped: 0 })
    await everythingIsThere(['during', 'killed'])
    // What was asked for here only stays: the inventory's weights are for nodes that join.
    expect((await workplace.provision(workplace.file, ['--check'])).text).toContain('Nothing to change')
    expect(
      await inside(workplace.fleet, 'mysql', 'ls /var/lib/cassandra/seeds.yaml /var/lib/provision/rebalance.json 2>&1 | grep -c "No such"'),
    ).toBe('2')
    expect(
      await inside(
        workplace.fleet,
        'cassandra2',
        'ls /var/lib/cassandra/seeds.yaml /var/lib/provision/rebalance.json 2>&1 | grep -c "No such"',
      ),
    ).toBe('2')
  })

  proof('does not mind that SSH is cut while a node leaves', async () => {
    const run = workplace.startRebalance('--json', 'cassandra2', '--weights', 'mysql=1,cassandra2=1', '--yes')
    let text = ''
    run.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    await eventually(() => text.includes('"state":"decommission"'), 60)
    // Only SSH: the ring itself must not notice. Packets vanish, as with a cable that is out; nobody says no.
    const rule = ['OUTPUT', '-d', addresses.cassandra2, '-p', 'tcp', '--dport', '22', '-j', 'DROP']
    await execa('iptables', ['-I', ...rule])
    try {
      await new Promise(done => setTimeout(done, 40_000))
    } finally {
      await execa('iptables', ['-D', ...rule])
    }
    const { exitCode, all } = await run
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 })
    const { mysql = 0 } = await owned()
    expect(Math.abs(mysql - 1 / 2)).toBeLessThan(0.01)
    await everythingIsThere()
  })

  proof('grows by a third, 1 : 1 : 2, and shrinks again', async () => {
    workplace.inventory(['mysql', 'cassandra2', 'consumer1'])
    workplace.fleet = await workplace.load(workplace.file)
    await up(workplace.fleet)
    expect((await workplace.rebalance('--check')).text).toContain('consumer1 has the role and is no node of this ring')
    await killedInEach('consumer1', '--weights', 'mysql=1,cassandra2=1,consumer1=2', '--yes')
    expect(killed).toContain('provision')
    const { mysql = 0, cassandra2 = 0, consumer1 = 0 } = await owned()
    for (const [share, wanted] of [
      [mysql, 1 / 4],
      [cassandra2, 1 / 4],
      [consumer1, 1 / 2],
    ] as const)
      expect(Math.abs(share - wanted)).toBeLessThan(0.01)
    await everythingIsThere(['during', 'killed'])

    const less = await workplace.rebalance('--remove', 'consumer1', '--yes')
    expect(less.text).toMatch(/consumer1 still has the role cassandra in .*: take it away/)
    expect(less.code).toBe(0)
    expect(Object.keys(await owned())).toEqual(expect.not.arrayContaining(['consumer1']))
    expect((await owned())['mysql']).toBeCloseTo(1 / 2, 2)
    expect(
      await inside(workplace.fleet, 'consumer1', 'systemctl is-enabled cassandra; systemctl is-active cassandra; ls /var/lib/cassandra'),
    ).toBe('disabled\ninactive\nfirst.options')
    await everythingIsThere(['during', 'killed'])
  })

  proof('can be left as it is, and says how it is', async () => {
    const run = workplace.startRebalance('--json', 'mysql', '--weights', 'mysql=1,cassandra2=2', '--yes')
    run.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"state":"promote"')) run.kill('SIGKILL')
    })
    expect((await run).signal).toBe('SIGKILL')
    expect((await workplace.rebalance('--yes')).text).toMatch(
      /a rebalance of this ring was cut off at step \d+ of \d+\nhint: rebalance cassandra --resume/,
    )
    expect((await workplace.provision(workplace.file, ['cassandra2', '--check'])).text).toContain('no change of the ring is cut off')
    expect((await workplace.rebalance('--abort')).text).toContain('say --yes where nobody can be asked')
    const left = await workplace.rebalance('--abort', '--yes')
    expect(left.text).toMatch(/nothing has moved yet at this step|mysql is still a node, with all its data and its tokens/)
    expect(left.code).toBe(0)
    expect(
      await inside(
        workplace.fleet,
        'cassandra2',
        'ls /var/lib/cassandra/seeds.yaml /var/lib/provision/rebalance.json 2>&1 | grep -c "No such"',
      ),
    ).toBe('2')
    expect((await workplace.rebalance('--resume')).text).toContain('no rebalance of this ring was cut off')
  })

  proof('lets a node join afresh that was out when its run was given up', async () => {
    const run = workplace.startRebalance('--json', 'mysql', '--weights', 'mysql=1,cassandra2=2', '--yes')
    run.stdout?.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"state":"aside"')) run.kill('SIGKILL')
    })
    expect((await run).signal).toBe('SIGKILL')
    const left = await workplace.rebalance('--abort', '--yes')
    expect(left.text).toContain('mysql is out of the ring: all its data is with the others; `provision mysql` lets it join again')
    expect(left.code).toBe(0)
    expect((await workplace.provision(workplace.file, ['mysql'])).text).not.toContain('FAILED')
    // By the inventory's weights.
    const { mysql = 0 } = await owned()
    expect(Math.abs(mysql - 1 / 2)).toBeLessThan(0.01)
    await everythingIsThere(['during', 'killed'])
  })

  it('refuses what cannot go well, and says what to do', async () => {
    await inside(workplace.fleet, 'cassandra2', 'systemctl stop cassandra')
    const run = await workplace.rebalance('--yes', '--weights', 'mysql=1,cassandra2=2')
    expect(run.code).toBe(1)
    expect(run.text).toMatch(/refused: cassandra2 is DN \(down\) as mysql sees it\n +→ start it/)
    expect(await mode()).toBe('NORMAL')
  })
})
