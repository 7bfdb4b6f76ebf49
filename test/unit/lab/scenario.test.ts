import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bands, scenarioPage } from '../../../charts/scenario-page.ts'
import { InventoryError } from '../../../engine/inventory/problem.ts'
import type { Fault } from '../../../lab/fault/kinds.ts'
import { parseScenario } from '../../../lab/scenario/parse.ts'
import { runScenario, type Told } from '../../../lab/scenario/run.ts'
import type { Scenario, Step } from '../../../lab/scenario/schema.ts'
import { judge, type Seen } from '../../../lab/scenario/verdict.ts'
import type { Counted, World } from '../../../lab/scenario/world.ts'
import { exitCodeOfVerdicts } from '../../../scripts/actions/lab-scenario.ts'
import { chosen } from '../../../scripts/actions/scenario/choose.ts'
import { Tally } from '../../../scripts/actions/scenario/found.ts'
import { ledBy } from '../../../scripts/actions/scenario/led.ts'
import { counted as countedByMinute, minuteOf } from '../../../scripts/actions/scenario/minutes.ts'
import { labFleet, labHost } from '../../lab/labtest.ts'

const problemsOf = (text: string): readonly string[] => {
  try {
    parseScenario(text, 's.yaml')
    return []
  } catch (error) {
    return (error as InventoryError).message.split('\n')
  }
}

describe('a scenario file', () => {
  it('is read, with what nobody says', () => {
    expect(parseScenario('scenario: a\nstore: kafka\nsteps: [{ wait: 3 }, { heal: all }]', 's.yaml')).toEqual({
      name: 'a',
      store: 'kafka',
      steady: { within: 180, rate: 1 },
      steps: [{ kind: 'wait', seconds: 3 }, { kind: 'heal' }],
      expect: { lost: 0, doubled: 0, repeats: false, recovers: 300 },
    })
  })

  it('tells every mistake with its line and column', () => {
    const text = `scenario: a
store: mysql
steps:
  - fault: { kind: los, hosts: [a] }
  - fault: { kind: loss, hosts: [a] }
  - fault: { kind: cut, hosts: [a], percent: 3 }
  - { wait: 3, heal: all }
  - wait: 3
    for: 4
expct: {}
`
    expect(problemsOf(text)).toEqual([
      's.yaml:10:1: unknown key "expct"',
      's.yaml:2:8: store must be one of mariadb, kafka, cassandra, flink, not "mysql"',
      's.yaml:4:20: there is no fault "los"',
      's.yaml:5:5: missing key "percent"',
      's.yaml:6:37: unknown key "percent"',
      's.yaml:7:5: a step is one of fault, wait, run, heal, new-card, not wait and heal',
      's.yaml:9:5: only a fault lasts for some time',
    ])
    expect(problemsOf('- a')).toEqual(['s.yaml:1:1: a scenario is a map of keys (scenario, store, steps, …), not a list'])
    expect(problemsOf('a: [')).toHaveLength(1)
  })

  it('of this project has no mistake', () => {
    const folder = join(import.meta.dirname, '../../../lab/scenarios')
    const files = readdirSync(folder).filter(name => name.endsWith('.yaml'))
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(problemsOf(readFileSync(join(folder, file), 'utf8')), file).toEqual([])
  })
})

describe('a verdict', () => {
  const expected = { lost: 0, doubled: 0, repeats: false, recovers: 60 }
  const proof = (took: boolean) => ({ host: 'a', expected: 'e', measured: 'm', took })
  const counted = (taken: number, found: Record<number, number>): Counted => ({
    place: 'p',
    taken,
    found: new Map(Object.entries(found).map(([number, times]) => [Number(number), { times, dates: 1 }])),
  })
  const good: Seen = {
    steady: true,
    faults: [{ text: 'cut at a', proofs: [proof(true)] }],
    failedRuns: [],
    recovered: 12,
    counted: [counted(3, { 1: 1, 2: 1, 3: 1 })],
  }
  const verdict = (other: Partial<Seen>) => judge(expected, { ...good, ...other })

  it('is a pass only where all was sound', () => {
    expect(verdict({})).toMatchObject({ verdict: 'pass', readings: 3, lost: [], doubled: [] })
  })

  it('is a failure for each reading that is lost, or there twice', () => {
    expect(verdict({ counted: [counted(3, { 1: 1, 3: 2 })] })).toMatchObject({ verdict: 'fail', lost: ['p 2'], doubled: ['p 3'] })
  })

  it('is a failure where a number was given twice, unless the agent lost its power', () => {
    const again = { counted: [{ place: 'p', taken: 1, found: new Map([[1, { times: 2, dates: 2 }]]) }] }
    expect(verdict(again)).toMatchObject({ verdict: 'fail', doubled: [], reasons: ['1 numbers were given to more than one reading: p 1'] })
    expect(judge({ ...expected, repeats: true }, { ...good, ...again }).verdict).toBe('pass')
  })

  it('is a failure where an agent forgot what it had taken, unless it lost its power', () => {
    const forgot = { counted: [counted(2, { 1: 1, 2: 1, 3: 1 })] }
    expect(verdict(forgot).reasons).toEqual(['1 readings in the store are not known to their agents: p 3'])
    expect(judge({ ...expected, repeats: true }, { ...good, ...forgot }).verdict).toBe('pass')
  })

  it('is no failure where an agent that was killed has sent readings to a topic again', () => {
    const seen = { counted: [counted(1, { 1: 2 })], mayRepeat: ['p'] }
    expect(verdict(seen)).toMatchObject({
      verdict: 'pass',
      doubled: [],
      reasons: [expect.stringContaining('1 of them are in the topic twice')],
    })
    expect(verdict({ ...seen, mayRepeat: ['p2'] }).verdict).toBe('fail')
  })

  it('is not about what was wrong before', () => {
    const again = (number: number, dates: number): Counted => ({ place: 'p', taken: 2, found: new Map([[number, { times: 2, dates }]]) })
    expect(verdict({ earlier: [again(2, 2)], counted: [again(2, 2)] }).verdict).toBe('pass')
    expect(verdict({ earlier: [again(2, 1)], counted: [again(2, 1)] }).verdict).toBe('pass')
    expect(verdict({ earlier: [again(1, 1)], counted: [again(2, 1)] })).toMatchObject({ lost: ['p 1'], doubled: ['p 2'] })
  })

  it('is a failure even where something else proves nothing: what is lost is lost', () => {
    const seen = { counted: [counted(2, { 1: 1 })], faults: [{ text: 'cut at a', proofs: [proof(false)] }] }
    expect(verdict(seen).verdict).toBe('fail')
  })

  it.each([
    ['a fault took no effect', { faults: [{ text: 'cut at a', proofs: [proof(true), proof(false)] }] }],
    ['a fault could not be injected', { faults: [{ text: 'cut at a', proofs: [] }] }],
    ['the fleet was not at work', { steady: false }],
    ['it broke off', { broken: 'x' }],
    ['a person stopped it', { stopped: true }],
    ['no reading was taken', { counted: [counted(0, {})] }],
  ] as const)('is inconclusive where %s', (_why, other) => {
    expect(verdict(other)).toMatchObject({ verdict: 'inconclusive' })
  })

  it('is inconclusive where nothing was counted', () => {
    const { counted: _, ...rest } = good
    expect(judge(expected, rest).verdict).toBe('inconclusive')
  })

  it('is a failure where it did not recover in time, or a command failed', () => {
    expect(verdict({ recovered: 61 }).reasons).toEqual(['it took 61 s to recover, not 60'])
    expect(verdict({ failedRuns: ['provision: no'] }).verdict).toBe('fail')
  })

  it('gives the exit code by the worst', () => {
    expect(exitCodeOfVerdicts(['pass', 'pass'])).toBe(0)
    expect(exitCodeOfVerdicts(['pass', 'inconclusive'])).toBe(3)
    expect(exitCodeOfVerdicts(['inconclusive', 'fail'])).toBe(1)
    expect(exitCodeOfVerdicts([])).toBe(3)
  })
})

/** A fleet in memory, which does what it is told to; it is no database, only what a run asks of one. */
function fleetInMemory(options: { readonly takes?: boolean; readonly stuck?: boolean; readonly throws?: boolean } = {}) {
  let now = 0
  const done: string[] = []
  const world: World = {
    resolve: hosts => Promise.resolve(hosts.map(host => ({ host, ...(host.includes(':') && { as: host }) }))),
    look: () => Promise.resolve({ stored: options.stuck ? 0 : now / 100, waiting: 0, silent: [] }),
    inject: ({ kind, hosts }: Fault) => {
      done.push(`inject ${kind}`)
      if (options.throws) return Promise.reject(new Error('no such card'))
      return Promise.resolve({ id: kind, proofs: hosts.map(host => ({ host, expected: '', measured: '', took: options.takes ?? true })) })
    },
    heal: which => {
      const what = which === undefined ? 'all' : 'id' in which ? which.id : which.hosts.join(' ')
      return Promise.resolve(void done.push(`heal ${what}`))
    },
    newCard: hosts => {
      done.push(`new card ${hosts.join(' ')}`)
      return Promise.resolve(hosts.map(host => ({ host, expected: '', measured: '', took: options.takes ?? true })))
    },
    run: words => {
      done.push(words.join(' '))
      return Promise.resolve({ code: words[0] === 'provision' ? 0 : 1, text: 'said' })
    },
    earlier: () => Promise.resolve([]),
    count: () => Promise.resolve([{ place: 'p', taken: 1, found: new Map([[1, { times: 1, dates: 1 }]]) }]),
  }
  const clock = { now: () => now, sleep: (milliseconds: number) => Promise.resolve(void (now += milliseconds)) }
  return { world, clock, done }
}

const scenarioOf = (...steps: Scenario['steps']): Scenario => ({
  name: 's',
  store: 'kafka',
  steady: { within: 30, rate: 1 },
  steps,
  expect: { lost: 0, doubled: 0, repeats: false, recovers: 30 },
})
const cut: Step = { kind: 'fault', fault: { kind: 'cut', hosts: ['kafka:leader'] }, seconds: 5 }

describe('a run of a scenario', () => {
  it('does each step in turn, heals what is over, and all at the end', async () => {
    const { world, clock, done } = fleetInMemory()
    const run: Step = { kind: 'run', words: ['provision', 'a'], exits: 0 }
    const told = await runScenario(scenarioOf(cut, run, { kind: 'wait', seconds: 3 }), world, { clock })
    expect(told.verdict).toBe('pass')
    expect(done).toEqual(['inject cut', 'heal cut', 'provision a', 'heal all', 'heal all'])
    expect(told.hits).toEqual([{ host: 'kafka:leader', as: 'kafka:leader' }])
    expect(told.seconds).toBeGreaterThan(8)
  })

  it('lets an agent that was killed send again to a topic, and nobody else', async () => {
    const twice = { place: 'a', taken: 1, found: new Map([[1, { times: 2, dates: 1 }]]) }
    const verdictOf = async (fault: Fault, store: Scenario['store']) => {
      const { world, clock } = fleetInMemory()
      const step: Step = { kind: 'fault', fault, seconds: 1 }
      return (await runScenario({ ...scenarioOf(step), store }, { ...world, count: () => Promise.resolve([twice]) }, { clock })).verdict
    }
    expect(await verdictOf({ kind: 'kill', hosts: ['a'] }, 'kafka')).toBe('pass')
    expect(await verdictOf({ kind: 'kill', hosts: ['a'], unit: 'kafka' }, 'kafka')).toBe('fail')
    expect(await verdictOf({ kind: 'cut', hosts: ['a'] }, 'kafka')).toBe('fail')
    expect(await verdictOf({ kind: 'kill', hosts: ['a'] }, 'mariadb')).toBe('fail')
  })

  it('breaks nothing of a fleet that is not at work', async () => {
    const { world, clock, done } = fleetInMemory({ stuck: true })
    expect((await runScenario(scenarioOf(cut), world, { clock })).verdict).toBe('inconclusive')
    expect(done).toEqual(['heal all'])
  })

  it('ends where a fault took no effect, and proves nothing', async () => {
    const { world, clock, done } = fleetInMemory({ takes: false })
    const told = await runScenario(scenarioOf(cut, cut), world, { clock })
    expect(told).toMatchObject({ verdict: 'inconclusive', reasons: [expect.stringContaining('cut at kafka:leader took no effect')] })
    expect(done.filter(each => each.startsWith('inject'))).toHaveLength(1)
  })

  it('heals where it breaks off, or is stopped', async () => {
    const { world, clock, done } = fleetInMemory({ throws: true })
    expect(await runScenario(scenarioOf(cut), world, { clock })).toMatchObject({ verdict: 'inconclusive' })
    expect(done.at(-1)).toBe('heal all')
    const other = fleetInMemory()
    const stop = AbortSignal.abort()
    expect((await runScenario(scenarioOf(cut), other.world, { clock: other.clock, stop })).reasons).toContain('it was stopped')
  })

  it('fails for a command that fails', async () => {
    const { world, clock } = fleetInMemory()
    const told = await runScenario(scenarioOf({ kind: 'run', words: ['rebalance'], exits: 0 }), world, { clock })
    expect(told).toMatchObject({ verdict: 'fail', reasons: ['a command failed: rebalance: said'] })
  })

  it('fails for a command that ends well where it should not', async () => {
    const { world, clock } = fleetInMemory()
    const told = await runScenario(scenarioOf({ kind: 'run', words: ['provision', '--check'], exits: 2 }), world, { clock })
    expect(told).toMatchObject({ verdict: 'fail', reasons: ['a command failed: provision --check: exit 0, not 2: said'] })
  })

  it('gives a host that was hit a new card, and names it to a command', async () => {
    const { world, clock, done } = fleetInMemory()
    const kill: Step = { kind: 'fault', fault: { kind: 'kill', hosts: ['b'] } }
    const steps: Step[] = [kill, { kind: 'new-card', hosts: ['{hit}'] }, { kind: 'run', words: ['provision', '{hit}', '--yes'], exits: 0 }]
    expect((await runScenario(scenarioOf(...steps), world, { clock })).verdict).toBe('pass')
    expect(done.slice(0, 3)).toEqual(['inject kill', 'new card b', 'provision b --yes'])
    const idle = fleetInMemory({ takes: false })
    const card = scenarioOf({ kind: 'new-card', hosts: ['b'] })
    expect((await runScenario(card, idle.world, { clock: idle.clock })).verdict).toBe('inconclusive')
  })

  it('heals some hosts and leaves the others as they are', async () => {
    const { world, clock, done } = fleetInMemory()
    const kill: Step = { kind: 'fault', fault: { kind: 'kill', hosts: ['a'] } }
    const other: Step = { kind: 'fault', fault: { kind: 'kill', hosts: ['b'] } }
    await runScenario(scenarioOf(kill, other, { kind: 'heal', hosts: ['{hit:1}'] }, { kind: 'heal', hosts: ['c'] }), world, { clock })
    expect(done).toEqual(['inject kill', 'inject kill', 'heal a', 'heal c', 'heal all', 'heal all'])
  })
})

describe('hosts that are meant', () => {
  const role = (name: string, octet: number) => labHost(name, octet, { roles: ['kafka'] })
  const fleet = labFleet([role('a', 2), role('b', 3), role('c', 4), labHost('d', 5)])
  const names = async (word: string, random = 0) =>
    (
      await chosen(
        fleet,
        word,
        () => Promise.resolve({ leader: 'b', followers: ['c', 'a'] }),
        () => random,
      )
    ).map(({ host }) => host)

  it('are named, or of a role', async () => {
    expect(await names('d')).toEqual(['d'])
    expect(await names('*')).toEqual(['a', 'b', 'c', 'd'])
    expect(await names('kafka:all')).toEqual(['a', 'b', 'c'])
    expect(await names('kafka:majority')).toEqual(['a', 'b'])
    expect(await names('kafka:minority')).toEqual(['a'])
    expect(await names('kafka:any', 0.7)).toEqual(['c'])
    expect(await names('kafka:leader')).toEqual(['b'])
    expect(await names('kafka:follower', 0.4)).toEqual(['c'])
  })

  it('lead where producers write, and follow where there are copies of that', () => {
    const brokers = new Map([1, 2, 3].map(id => [id, `kafka${id}`]))
    const partition = (partitionId: number, leader: number, replicas: number[]) => ({
      partitionErrorCode: 0,
      partitionId,
      leader,
      replicas,
      isr: replicas,
    })
    // Places are spread by their names' hash: of these four partitions they write to one.
    const partitions = [0, 1, 2, 3].map(index => partition(index, 1, [1, 2]))
    const written = (place: string) =>
      [0, 1, 2, 3].find(index => {
        const moved = partitions.map(each => (each.partitionId === index ? partition(index, 3, [3, 2]) : each))
        return ledBy(moved, [place], brokers)?.leader === 'kafka3'
      })
    expect(new Set(['a', 'b', 'c', 'd', 'e', 'f'].map(written)).size).toBeGreaterThan(1)
    expect(ledBy(partitions, ['a'], brokers)).toEqual({ leader: 'kafka1', followers: ['kafka2', 'kafka3'] })
    expect(ledBy([], ['a'], brokers)).toBeUndefined()
    expect(ledBy([partition(0, -1, [1])], [], brokers)).toBeUndefined()
  })

  it('are refused where there are none', async () => {
    await expect(names('e')).rejects.toThrow('has no host e')
    await expect(names('flink:any')).rejects.toThrow('has the role flink')
    await expect(names('kafka:best')).rejects.toThrow('Which of kafka is "best"?')
  })
})

describe('rows of a store', () => {
  it('are counted by number, and by date', () => {
    const tally = new Tally()
    tally.add('p', 1, 'a')
    tally.add('p', 1, 'a')
    tally.add('p', 2, 'b')
    tally.add('p', 2, 'c')
    expect([...(tally.found.get('p') ?? [])]).toEqual([
      [1, { times: 2, dates: 1 }],
      [2, { times: 2, dates: 2 }],
    ])
  })
})

describe('readings that a job has counted', () => {
  const at = (minute: number, second: number) => Date.UTC(2026, 0, 1, 12, minute, second) * 1000
  const reading = (number: number, date: number, value: number) => ({ location: 'p', date, value, note: String(number) })
  const readings = [reading(1, at(0, 1), 20), reading(2, at(0, 59), 22.5), reading(3, at(1, 0), 21)]
  const row = (minute: number, count: number, least: number, highest: number) =>
    minuteOf(['p', `2026-01-01 12:0${minute}:00`, count, least, highest].join('\t'))
  const times = (...rows: ReturnType<typeof row>[]) =>
    [...(countedByMinute(readings, new Map(rows)).get('p') ?? [])].map(([number, found]) => [number, found.times])

  it('are those of minutes whose row says what they say', () => {
    expect(times(row(0, 2, 20, 22.5), row(1, 1, 21, 21))).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ])
    expect(times(row(1, 1, 21, 21))).toEqual([[3, 1]])
    expect(times(row(0, 1, 20, 20))).toEqual([])
    expect(times(row(0, 2, 20, 23))).toEqual([])
  })

  it('are there twice where a row counts more', () => {
    expect(times(row(0, 3, 20, 22.5))).toEqual([
      [1, 2],
      [2, 2],
    ])
  })

  it('count once however often they are in the topic', () => {
    const twice = countedByMinute([...readings, ...readings], new Map([row(0, 2, 20, 22.5)]))
    expect(twice.get('p')?.get(1)).toEqual({ times: 1, dates: 1 })
  })
})

describe('the page', () => {
  const told: Told = {
    scenario: 'a <b>',
    store: 'kafka',
    verdict: 'pass',
    reasons: ['all well'],
    began: 0,
    seconds: 20,
    readings: 5,
    lost: [],
    doubled: [],
    hits: [],
    faults: [{ text: 'cut at a', proofs: [{ host: 'a', expected: '0 of 3', measured: '0 of 3', took: true }] }],
    happened: [
      { at: 2, text: 'cut at a', fault: 'begin' },
      { at: 9, text: 'all healed', fault: 'end' },
    ],
    samples: [
      { at: 0, stored: 0, waiting: 1, silent: [] },
      { at: 20, stored: 5, waiting: 0, silent: [] },
    ],
  }

  it('tells it all, and runs nothing', () => {
    const page = scenarioPage('lab', 'main{}', [told], new Date(0))
    expect(page).toContain('a &lt;b&gt;')
    expect(page).toContain('1 passed, 0 failed, 0 inconclusive')
    expect(page).toContain('<rect x="90" y="0" width="315"')
    expect(page).not.toMatch(/<script|src=|href=/)
  })

  it('shades the times with a fault in force', () => {
    const at = (seconds: number, fault: 'begin' | 'end', text = 'x') => ({ at: seconds, fault, text })
    expect(bands([at(1, 'begin'), at(3, 'begin'), at(4, 'end'), at(9, 'end', 'all healed')], 10)).toEqual([
      [1, 4],
      [3, 9],
    ])
  })
})
