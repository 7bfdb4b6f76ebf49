import { type Fault, faultText } from '../fault/kinds.ts'
import type { Proof } from '../fault/proofs/proof.ts'
import type { Scenario, Step } from './schema.ts'
import { judge, type Judgement, type Seen } from './verdict.ts'
import type { Clock, Hit, Look, World } from './world.ts'

/** Something that happened; `at` in seconds since the scenario began. */
export interface Happened {
  readonly at: number
  readonly text: string
  /** A fault began, or ended. */
  readonly fault?: 'begin' | 'end'
}

export interface Sample extends Look {
  /** Seconds since the scenario began. */
  readonly at: number
}

/** All that a run of a scenario tells. */
export interface Told extends Judgement {
  readonly scenario: string
  readonly store: string
  /** Milliseconds since 1970. */
  readonly began: number
  readonly seconds: number
  readonly happened: readonly Happened[]
  readonly samples: readonly Sample[]
  readonly hits: readonly Hit[]
  readonly faults: readonly { readonly text: string; readonly proofs: readonly Proof[] }[]
  readonly recovered?: number
}

export interface RunOptions {
  readonly clock?: Clock
  /** Called with what happens. */
  readonly say?: (happened: Happened) => void
  /** Aborted: it heals, and ends without a proof. */
  readonly stop?: AbortSignal
}

/** The real time. */
export const realClock: Clock = { now: Date.now, sleep: milliseconds => new Promise(done => void setTimeout(done, milliseconds)) }

/** Does an agent at its hosts begin anew after it? */
const endsAgents = (fault: Fault): boolean =>
  fault.kind === 'power' || (fault.kind === 'kill' && (fault.unit === undefined || fault.unit === 'collector'))

/** Readings that may wait in agents that keep up: what is under way. */
const underWay = (rate: number): number => 5 + 3 * rate

/**
 * Runs a scenario: the fleet must be at work; then each step; then all is healed, the fleet recovers, and every reading is looked for.
 * Never throws: what goes wrong is told. It heals whatever happens.
 */
export async function runScenario(scenario: Scenario, world: World, options: RunOptions = {}): Promise<Told> {
  const { clock = realClock, say = () => {}, stop } = options
  const began = clock.now()
  const happened: Happened[] = []
  const samples: Sample[] = []
  const hits: Hit[] = []
  const faults: { text: string; proofs: readonly Proof[] }[] = []
  const failedRuns: string[] = []
  const seconds = (): number => (clock.now() - began) / 1000
  const note = (text: string, fault?: Happened['fault']): void => {
    const one = { at: seconds(), text, ...(fault && { fault }) }
    happened.push(one)
    say(one)
  }
  const stopped = (): boolean => stop?.aborted ?? false
  const look = async (): Promise<Sample> => {
    const sample = { at: seconds(), ...(await world.look()) }
    samples.push(sample)
    return sample
  }
  /** Waits and looks on, once a second. */
  const rest = async (length: number, until: (sample: Sample) => boolean = () => false): Promise<boolean> => {
    for (const end = clock.now() + length * 1000; !stopped(); await clock.sleep(1000)) {
      if (until(await look())) return true
      if (clock.now() >= end) return false
    }
    return false
  }
  /** Looks on, once a second, while something is done. */
  const looked = async <T>(doing: Promise<T>): Promise<T> => {
    let done = false
    const end = doing.finally(() => (done = true))
    // What is thrown is thrown below.
    end.catch(() => {})
    while (!done) {
      await look()
      await Promise.race([end.catch(() => {}), clock.sleep(1000)])
    }
    return end
  }
  /** A fault took no effect: going on would only take time. */
  let idle = false
  const killed = new Set<string>()
  /** Hosts of each fault, in their order. */
  const hit: (readonly string[])[] = []
  /** What `{hit}` and `{hit:N}` stand for: hosts of the last fault, and of the N-th. */
  const hitBy = (word: string): readonly string[] | undefined => {
    const [said, number] = /^\{hit(?::(\d+))?\}$/.exec(word) ?? []
    return said === undefined ? undefined : ((number === undefined ? hit.at(-1) : hit[Number(number) - 1]) ?? [])
  }
  const hostsOf = async (list: readonly string[]): Promise<readonly string[]> =>
    (await Promise.all(list.map(async word => hitBy(word) ?? names(await world.resolve([word]))))).flat()
  const names = (list: readonly Hit[]): string[] => [...new Set(list.map(({ host }) => host))]
  const took = (noted: { proofs: readonly Proof[] }, proofs: readonly Proof[]): boolean => {
    noted.proofs = proofs
    for (const { host, measured, took } of proofs) note(`${took ? 'seen' : 'not seen'} at ${host}: ${measured}`)
    if (proofs.every(({ took }) => took)) return true
    idle = true
    note('it took no effect: the rest would prove nothing')
    return false
  }
  const takeRun = async ({ words, exits }: Extract<Step, { kind: 'run' }>): Promise<void> => {
    const said = words.flatMap(word => hitBy(word) ?? [word])
    const command = said.join(' ')
    note(`${command} …`)
    const { code, text } = await looked(world.run(said))
    note(`${command}: ${code === 0 ? 'done' : `exit ${code}`}`)
    const lines = text.trim().split('\n').slice(-3).join(' / ')
    if (code !== exits) failedRuns.push(`${command}: ${exits === 0 ? '' : `exit ${code}, not ${exits}: `}${lines}`)
  }
  const takeCard = async (step: Extract<Step, { kind: 'new-card' }>): Promise<void> => {
    const hosts = await hostsOf(step.hosts)
    const noted = { text: `new card at ${hosts.join(' ')}`, proofs: [] as readonly Proof[] }
    faults.push(noted)
    note(noted.text)
    took(noted, await world.newCard(hosts))
  }
  const takeStep = async (step: Step): Promise<void> => {
    if (step.kind === 'wait') return void (await rest(step.seconds))
    if (step.kind === 'heal' && step.hosts) {
      const hosts = await hostsOf(step.hosts)
      await world.heal({ hosts })
      return note(`healed: ${hosts.join(' ')}`, 'end')
    }
    if (step.kind === 'heal') {
      await world.heal()
      return note('all healed', 'end')
    }
    if (step.kind === 'run') return takeRun(step)
    if (step.kind === 'new-card') return takeCard(step)
    const found = await world.resolve(step.fault.hosts)
    const from = step.fault.kind === 'partition' && step.fault.from ? await world.resolve(step.fault.from) : []
    hits.push(...found)
    hit.push(names(found))
    const fault: Fault = { ...step.fault, hosts: names(found), ...(from.length > 0 && { from: names(from) }) } as Fault
    const text = faultText(fault)
    if (scenario.store === 'kafka' && endsAgents(fault)) for (const { host } of found) killed.add(host)
    const noted = { text, proofs: [] as readonly Proof[] }
    faults.push(noted)
    const as = found.flatMap(hit => (hit.as === undefined ? [] : [`${hit.host} as ${hit.as}`]))
    note(`${text}${as.length > 0 ? ` (${as.join(', ')})` : ''}`, 'begin')
    const { id, proofs } = await world.inject(fault)
    if (!took(noted, proofs) || step.seconds === undefined) return
    await rest(step.seconds)
    await world.heal({ id })
    note(`${text}: over`, 'end')
  }

  let seen: Seen = { steady: false, faults, failedRuns }
  try {
    const begin = await look()
    let last = begin
    const steady = await rest(scenario.steady.within, sample => {
      const rate = (sample.stored - last.stored) / Math.max(0.001, sample.at - last.at)
      const enough = sample.at - last.at >= 4
      const good = enough && sample.silent.length === 0 && rate >= scenario.steady.rate && sample.waiting <= underWay(rate)
      if (enough) last = sample
      return good
    })
    note(steady ? 'the fleet is at work' : 'the fleet is not at work: nothing is broken')
    seen = { ...seen, steady }
    if (steady) {
      seen = { ...seen, earlier: await world.earlier() }
      const rate = samples.length > 1 ? last.stored / Math.max(1, last.at) : scenario.steady.rate
      for (const step of scenario.steps) if (!stopped() && !idle) await takeStep(step)
      await world.heal()
      const healed = seconds()
      note('all healed', 'end')
      if (!idle) {
        const over = await rest(
          scenario.expect.recovers,
          ({ silent, waiting }) => silent.length === 0 && waiting <= underWay(Math.min(rate, 100)),
        )
        if (over) seen = { ...seen, recovered: seconds() - healed }
        note(over ? 'recovered' : 'not recovered')
        if (!stopped()) seen = { ...seen, counted: await world.count(scenario.expect.recovers) }
      }
    }
  } catch (error) {
    seen = { ...seen, broken: (error as Error).message.split('\n')[0] ?? '' }
  } finally {
    await world.heal().catch((error: Error) => (seen = { ...seen, broken: `not healed: ${error.message.split('\n')[0]}` }))
  }
  if (stopped()) seen = { ...seen, stopped: true }
  const judgement = judge(scenario.expect, { ...seen, mayRepeat: [...killed] })
  note(`${judgement.verdict}: ${judgement.reasons.join('; ')}`)
  return {
    ...judgement,
    scenario: scenario.name,
    store: scenario.store,
    began,
    seconds: seconds(),
    happened,
    samples,
    hits,
    faults,
    ...(seen.recovered !== undefined && { recovered: seen.recovered }),
  }
}
