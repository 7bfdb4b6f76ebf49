import type { Client } from 'cassandra-driver'
import { execa } from 'execa'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { openSecrets } from '../../engine/secrets/secrets.ts'
import { down, up } from '../../lab/index.ts'
import { parseStatus } from '../../roles/cassandra/ring/index.ts'
import { able, eventually, expectPlain, inside, minutes, told, Workplace, type Told } from './engine-support.ts'
import { census, client, missing, Rows } from './rows.ts'

const name = 'testrebalance'
const command = join(import.meta.dirname, '../../scripts/bin/rebalance.mjs')
const rows = 200_000

interface Event {
  readonly event: string
  readonly state?: string
  readonly node?: string
  readonly text?: string
}

describe.runIf(able)('two unequal Pis with 200,000 rows', { timeout: 12 * minutes }, () => {
  const place = new Workplace()
  let fleet: Fleet
  let file: string
  let ring: Client
  const old = () => new Rows(ring, 'before')

  const start = (...args: string[]) => execa(process.execPath, [command, '--inventory', file, ...args], { reject: false, all: true, stdin: 'ignore', env: { ...place.env }, timeout: 8 * minutes })
  const rebalance = async (...args: string[]): Promise<Told> => told(await start(...args))

  /** Shares of the two, as each of them counts. */
  async function owned(): Promise<Readonly<Record<string, number>>> {
    const seen = parseStatus(await inside(fleet, 'mysql', 'nodetool status temperature'))
    expect(parseStatus(await inside(fleet, 'cassandra2', 'nodetool status temperature')).map(({ id, owns }) => ({ id, owns }))).toEqual(expect.arrayContaining(seen.map(({ id, owns }) => ({ id, owns }))))
    return Object.fromEntries(seen.map(({ address, owns, up: alive, state }) => [address === '10.78.10.90' ? 'mysql' : 'cassandra2', alive && state === 'normal' ? owns ?? -1 : -1]))
  }

  /** Writes and reads until it is told to stop; what was acknowledged, and what a reader did not find. */
  function traffic(location: string) {
    const written = new Rows(ring, location)
    const first = old()
    let going = true
    let lost = 0
    let reads = 0
    let unread = 0
    const writer = (async () => {
      for (let index = 0; going; index++) {
        await written.add(index)
        await new Promise(done => setTimeout(done, 10))
      }
    })()
    const reader = (async () => {
      for (let index = 0; going; index = (index + 7919) % rows) {
        try {
          if (!(await first.has(index))) lost++
          reads++
        } catch {
          unread++
        }
        await new Promise(done => setTimeout(done, 10))
      }
    })()
    return {
      async stop() {
        going = false
        await Promise.all([writer, reader])
        return { written, lost, reads, unread }
      },
    }
  }

  async function everythingIsThere(locations: readonly Rows[]): Promise<void> {
    const found = await census(ring)
    expect(found.get('before')?.size).toBe(rows)
    for (const each of locations) expect(missing(each.acknowledged, found.get(each.location))).toEqual([])
  }

  beforeAll(async () => {
    const vars = { ringDelay: 5 }
    file = place.write('fleet', name, {
      hosts: {
        mysql: { address: '10.78.10.90', user: 'pi', model: 'rpi2b', os: 'bookworm', roles: ['base', 'cassandra'], lab: { cpu: 0.6 }, vars: { cassandra: { ...vars, weight: 1 } } },
        cassandra2: { address: '10.78.10.20', user: 'pi', model: 'rpi3b', os: 'bookworm', roles: ['base', 'cassandra'], lab: { cpu: 1.2 }, vars: { cassandra: { ...vars, weight: 1 } } },
      },
    })
    fleet = await place.load(file)
    await down(fleet)
    await up(fleet)
    for (const host of ['mysql', 'cassandra2']) {
      const run = await place.provision(file, [host])
      expect(run.text).not.toContain('FAILED')
    }
    process.env['FLEET_IDENTITY'] = place.env.FLEET_IDENTITY
    ring = await client(['10.78.10.90', '10.78.10.20'], openSecrets(file, { preview: true }).get('cassandra/collector'))
    await old().fill(rows)
    for (const host of ['mysql', 'cassandra2']) await inside(fleet, host, 'nodetool flush temperature')
  }, 12 * minutes)

  afterAll(async () => {
    try {
      await ring?.shutdown()
      await down(fleet)
    } finally {
      place.remove()
    }
  }, minutes)

  it('says what it would do, and does nothing', async () => {
    const run = await rebalance('--check', '--weights', 'mysql=1,cassandra2=2')
    expect(run.code).toBe(2)
    expectPlain(run)
    expect(run.text).toMatch(/^cassandra2 +2 +8 → \d+ +50\.0 % +66\.7 % +66\.7 % .* MiB/m)
    expect(run.text).toContain('$ nodetool decommission')
    expect((await rebalance('--check')).text).toContain('Nothing to do')
    expect(await owned()).toEqual({ mysql: 0.5, cassandra2: 0.5 })
  })

  it('gives each what its weight asks for, while others write and read', async () => {
    const busy = traffic('during')
    const run = await rebalance('--yes', '--weights', 'mysql=1,cassandra2=2')
    const { written, lost, reads, unread } = await busy.stop()
    expect(run.text).toContain('cleanup done')
    expect(run.code).toBe(0)
    expectPlain(run)
    const { mysql = 0, cassandra2 = 0 } = await owned()
    expect(Math.abs(mysql - 1 / 3)).toBeLessThan(0.01)
    expect(Math.abs(cassandra2 - 2 / 3)).toBeLessThan(0.01)
    console.log(`while it moved: ${written.acknowledged.size} writes acknowledged, ${written.failures} failed; ${reads} reads, ${unread} unanswered`)
    expect(written.acknowledged.size).toBeGreaterThan(500)
    expect({ lost }).toEqual({ lost: 0 })
    await everythingIsThere([written])
  })

  it('goes on after a kill in each of its states, with the only seed as the one that moves', async () => {
    const busy = traffic('killed')
    const left: string[] = []
    // Each run is killed at the first state in which none was killed before, until one comes to its end.
    for (let args = ['mysql', '--weights', 'mysql=2,cassandra2=1', '--yes'], ended = false; !ended; args = ['--resume']) {
      const run = start('--json', ...args)
      let text = ''
      run.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        for (const line of text.split('\n').slice(0, -1)) {
          const event = JSON.parse(line) as Event
          if (event.event !== 'step' || event.state === undefined || left.includes(event.state)) continue
          left.push(event.state)
          // Not at the very edge: somewhere in the middle of what the state does.
          setTimeout(() => run.kill('SIGKILL'), event.state === 'decommission' || event.state === 'join' ? 4000 : 150)
        }
      })
      const { exitCode, signal, all } = await run
      ended = exitCode === 0
      if (!ended) expect({ signal, all }).toMatchObject({ signal: 'SIGKILL' })
    }
    const { written, lost } = await busy.stop()
    expect(left).toEqual(['promote', 'decommission', 'confirm', 'stop', 'wipe', 'place', 'start', 'join', 'settle', 'cleanup'])
    const { mysql = 0, cassandra2 = 0 } = await owned()
    expect(Math.abs(mysql - 2 / 3)).toBeLessThan(0.01)
    expect(Math.abs(cassandra2 - 1 / 3)).toBeLessThan(0.01)
    expect({ lost }).toEqual({ lost: 0 })
    await everythingIsThere([written])
    expect(await inside(fleet, 'mysql', 'ls /var/lib/cassandra/seeds.yaml /var/lib/provision/rebalance.json 2>&1 | grep -c "No such"')).toBe('2')
    expect(await inside(fleet, 'cassandra2', 'ls /var/lib/cassandra/seeds.yaml /var/lib/provision/rebalance.json 2>&1 | grep -c "No such"')).toBe('2')
  })

  it('does not mind that SSH is cut while a node leaves', async () => {
    const run = start('--json', 'mysql', '--weights', 'mysql=1,cassandra2=2', '--yes')
    let text = ''
    run.stdout?.on('data', (chunk: Buffer) => { text += chunk.toString() })
    await eventually(() => text.includes('"state":"decommission"'), 60)
    // Only SSH: the ring itself must not notice. Packets vanish, as with a cable that is out; nobody says no.
    const rule = ['OUTPUT', '-d', '10.78.10.90', '-p', 'tcp', '--dport', '22', '-j', 'DROP']
    await execa('iptables', ['-I', ...rule])
    try {
      await new Promise(done => setTimeout(done, 40_000))
    } finally {
      await execa('iptables', ['-D', ...rule])
    }
    const { exitCode, all } = await run
    expect({ exitCode, all }).toMatchObject({ exitCode: 0 })
    const { mysql = 0 } = await owned()
    expect(Math.abs(mysql - 1 / 3)).toBeLessThan(0.01)
    await everythingIsThere([])
  })

  it('refuses what cannot go well, and says what to do', async () => {
    await inside(fleet, 'cassandra2', 'systemctl stop cassandra')
    const run = await rebalance('--yes', '--weights', 'mysql=2,cassandra2=1')
    expect(run.code).toBe(1)
    expect(run.text).toMatch(/refused: cassandra2 is DN \(down\) as mysql sees it\n +→ start it/)
    expect(await inside(fleet, 'mysql', 'nodetool netstats | head -1')).toBe('Mode: NORMAL')
    expect((await rebalance('--resume')).text).toContain('no rebalance of this ring was cut off')
  })
})
