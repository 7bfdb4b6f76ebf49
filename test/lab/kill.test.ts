import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { down, fault, reset, up } from '../../lab/index.ts'
import { commandsFor, type Commands, type Ended, eventsOf, eventually, inside, plannedOf } from './commands.ts'
import { differences, stateOf } from './state.ts'

const able = process.platform === 'linux' && process.getuid?.() === 0
/** `npm run proof:kill` does it 20 times; more: `FLEET_KILLS=100`. */
const kills = Number(process.env['FLEET_KILLS'] ?? 12)
const seed = Number(process.env['FLEET_SEED'] ?? Math.floor(Math.random() * 1e9))
const minutes = 60_000

// Side by side; three in ten of the kills go to the database, which takes longest.
const hosts = ['trixie', 'bookworm', 'mysql'] as const
type Name = (typeof hosts)[number]

/** An undisturbed first run: what it left, how long it took, how many lines it printed. */
interface Reference {
  readonly state: readonly string[]
  readonly seconds: number
  readonly lines: number
}

/**
 * When a run is killed: a share of an undisturbed run's time, or so many milliseconds after a line of its output. Most of the time goes
 * into packages; lines reach what is over in moments.
 */
type Moment = { readonly share: number } | { readonly line: number; readonly later: number }

/** Always the same numbers between 0 and 1 for a seed. */
function randomFrom(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Moments spread over a whole run: as many strata as moments, half of them of its time and half of its lines. */
function momentsOf(count: number, lines: number, random: () => number): Moment[] {
  const byTime = Math.ceil(count / 2)
  const byLine = count - byTime
  return [
    ...Array.from({ length: byTime }, (_, index) => ({ share: (index + random()) / byTime })),
    ...Array.from({ length: byLine }, (_, index) => ({
      line: 1 + Math.floor(((index + random()) / byLine) * (lines - 1)),
      later: Math.floor(random() * 300),
    })),
  ]
}

describe.runIf(able)('provision, killed and run again', { timeout: 30 * minutes }, () => {
  let commands: Commands
  const references = new Map<Name, Reference>()

  const wholeRun = async (host: Name): Promise<Ended> => {
    const run = await commands.run('provision', [host, '--json'])
    expect(run.code, `${host}: ${run.stdout.slice(-3000)}${run.stderr}`).toBe(0)
    return run
  }

  /** Runs to the end after a kill, and expects what an undisturbed run leaves. */
  const isWhole = async (host: Name, after: string): Promise<string> => {
    const run = await wholeRun(host)
    const { state = [] } = references.get(host) ?? {}
    expect(differences(state, await stateOf(commands.fleet, host)), `${host}, killed ${after}, then run again`).toEqual([])
    const third = await wholeRun(host)
    expect(plannedOf(eventsOf(third.stdout))[host], `${host}, killed ${after}, a third run`).toEqual([])
    const planned = plannedOf(eventsOf(run.stdout))[host]?.length
    const waited = eventsOf(run.stdout).some(event => event.event === 'waiting')
    return `then ${planned} changes in ${run.seconds.toFixed(0)} s${waited ? ', after waiting for its last step' : ''}`
  }

  /** Kills a first run at that moment. What it was at; undefined when it had ended before. */
  const killAt = async (host: Name, moment: Moment): Promise<string | undefined> => {
    const { seconds = 0 } = references.get(host) ?? {}
    let at = 'connecting'
    let lines = 0
    let reached: () => void = () => {}
    const line = new Promise<void>(resolve => (reached = resolve))
    const { child, ended } = commands.start('provision', [host, '--json'], text => {
      const [event] = eventsOf(text)
      if (event?.event === 'changing' || event?.event === 'changed') at = `${event.event} ${event.resource}`
      else if (event) at = event.event
      if ('line' in moment && ++lines >= moment.line) reached()
    })
    const began = Date.now()
    await Promise.race([ended, 'share' in moment ? sleep(moment.share * seconds * 1000) : line.then(() => sleep(moment.later))])
    const running = child.exitCode === null
    child.kill('SIGKILL')
    await ended
    const text = 'share' in moment ? `${(moment.share * 100).toFixed(0)} %` : `line ${moment.line} + ${moment.later} ms`
    return running ? `at ${text} (${((Date.now() - began) / 1000).toFixed(1)} s, ${at})` : undefined
  }

  const killedAndWhole = async (host: Name, moment: Moment): Promise<void> => {
    for (let wanted = moment; ; wanted = { share: ('share' in wanted ? wanted.share : 1) * 0.8 }) {
      await reset(commands.fleet, host)
      const killed = await killAt(host, wanted)
      if (killed === undefined) continue
      console.info(`${host}: killed ${killed}, ${await isWhole(host, killed)}`)
      return
    }
  }

  beforeAll(async () => {
    commands = await commandsFor('kill.yaml')
    await down(commands.fleet)
    await up(commands.fleet)
    await Promise.all(
      hosts.map(async host => {
        const run = await wholeRun(host)
        const lines = run.stdout.split('\n').filter(Boolean).length
        references.set(host, { state: await stateOf(commands.fleet, host), seconds: run.seconds, lines })
        console.info(`${host}: undisturbed in ${run.seconds.toFixed(0)} s, ${references.get(host)?.state.length} facts of its state`)
      }),
    )
  }, 20 * minutes)

  afterAll(async () => {
    if (!commands) return
    await down(commands.fleet)
    commands.remove()
  }, minutes)

  it(`ends in the state of an undisturbed run, ${kills} times`, async () => {
    const random = randomFrom(seed)
    const ofDatabase = Math.round(kills * 0.3)
    const counts = { mysql: ofDatabase, trixie: Math.ceil((kills - ofDatabase) / 2), bookworm: Math.floor((kills - ofDatabase) / 2) }
    const plan = hosts.map(host => ({ host, moments: momentsOf(counts[host], references.get(host)?.lines ?? 1, random) }))
    const when = (moment: Moment) => ('share' in moment ? `${(moment.share * 100).toFixed(0)} %` : `line ${moment.line}+${moment.later} ms`)
    const planned = plan.map(({ host, moments }) => `${host} ${moments.map(when).join(', ')}`).join('; ')
    console.info(`seed ${seed} (again with FLEET_SEED=${seed}): ${planned}`)
    const ends = await Promise.allSettled(
      plan.map(async ({ host, moments }) => {
        for (const moment of moments) await killedAndWhole(host, moment)
      }),
    )
    expect(ends.flatMap(end => (end.status === 'rejected' ? [String(end.reason)] : []))).toEqual([])
  })

  /** Starts a first run and waits until the Pi is at MariaDB's package. */
  const atMariadbPackage = async (phase: string) => {
    await reset(commands.fleet, 'mysql')
    const running = commands.start('provision', ['mysql', '--json'])
    await eventually(`dpkg is at: ${phase}`, 300, async () => {
      if (running.child.exitCode !== null) throw new Error(`provision ended first: ${(await running.ended).stdout.slice(-2000)}`)
      return (await inside(commands.fleet, 'mysql', `grep -E '${phase}' /var/log/dpkg.log || :`)) || undefined
    })
    return running
  }

  it("ends in that state when it is killed while MariaDB's package is installed", async () => {
    const { child, ended } = await atMariadbPackage('status half-configured mariadb-server:')
    child.kill('SIGKILL')
    await ended
    console.info(`mysql: killed within dpkg, ${await isWhole('mysql', "while MariaDB's package was installed")}`)
  })

  it("ends in that state when the Pi loses power while MariaDB's package is installed", async () => {
    const { child, ended } = await atMariadbPackage('status half-configured mariadb-server:')
    child.kill('SIGKILL')
    await fault.kill(commands.fleet, 'mysql')
    await ended
    await up(commands.fleet, { hosts: ['mysql'] })
    console.info(`mysql: without power within dpkg, ${await isWhole('mysql', "by a power cut while MariaDB's package was installed")}`)
  })
})
