import { setTimeout as sleep } from 'node:timers/promises'
import { toFailure, UsageError, Failed } from '../engine/errors.ts'
import type { Host } from '../engine/inventory/types.ts'
import type { Session } from '../engine/ssh/session.ts'
import { agentOf, beginsWith, isMqtt, locationOf, usedBy, type Agent } from './agent.ts'
import { bottlenecksOf } from './bottleneck.ts'
import { inLines } from './lines.ts'
import { bySecond, figuresOfLoad, loadText, releaseText, secondIn, togetherOf, type HeardSecond, type LoadFigures } from './load.ts'
import type { Trial } from './result.ts'
import { isWarm, longestWarmUp } from './warm.ts'
import { steady, Watch } from './watch.ts'

/** What is to be measured. */
export interface Plan {
  readonly backends: readonly string[]
  readonly threads: readonly number[]
  readonly producers: readonly Host[]
  /** All that are watched. */
  readonly hosts: readonly Host[]
  /** Seconds of each trial that count. */
  readonly duration: number
  /** Readings a second of all producers together. */
  readonly rate?: number
  readonly broker?: string
  /** How often all trials are made, in turn. */
  readonly repeat: number
  /** A word that all readings of this run carry in their note. */
  readonly run: string
}

export interface Around {
  open(host: Host): Promise<Session>
  /** Tells a person what goes on. */
  tell(text: string): void
  readonly stop: AbortSignal
  /** How fast the machine under virtual Pis was between two times of the steady clock, in seconds; undefined where that is not known. */
  machine?(from: number, to: number): number | undefined
}

export interface Measured {
  readonly trials: readonly Trial[]
  readonly problems: readonly string[]
}

interface Producer {
  readonly host: Host
  readonly session: Session
  readonly agent: Agent
}

/** Between two trials, in seconds: what the one before left behind is written meanwhile. */
const rest = 3
/** A load that nobody stops ends by itself so many seconds after it should. */
const slack = 60

/**
 * Makes all trials of a plan, one after the other. When it ends, or is stopped, nothing of it runs on a Pi any more.
 * @throws {Failed} where a producer cannot be used, before anything was sent
 */
export async function runTrials(plan: Plan, around: Around): Promise<Measured> {
  const { producers, hosts } = plan
  const sessions: Session[] = []
  const opened = async (host: Host): Promise<Session> => {
    const session = await around.open(host)
    sessions.push(session)
    return session
  }
  const ended = new AbortController()
  const watches = hosts.map(host => new Watch(host))
  const watching: Promise<void>[] = []
  try {
    const ready = await Promise.all(
      producers.map(async (host): Promise<Producer> => {
        try {
          const session = await opened(host)
          return { host, session, agent: await agentOf(session) }
        } catch (error) {
          const { message, ...failure } = toFailure(error)
          throw new Failed({ ...failure, message: `${host.name}: ${message}` })
        }
      }),
    )
    refuse(plan, ready)
    const each = plan.duration + longestWarmUp + rest + 30
    const seconds = plan.repeat * plan.backends.length * plan.threads.length * each + 60
    await Promise.all(
      watches.map(async watch => {
        try {
          watching.push(watch.run(await opened(watch.host), seconds, ended.signal))
          await watch.begun()
        } catch (error) {
          watch.missing = toFailure(error).message
        }
      }),
    )
    const trials: Trial[] = []
    const problems = watches.flatMap(({ host, missing }) => (missing === undefined ? [] : [`${host.name} was not watched: ${missing}`]))
    for (const one of stepsOf(plan)) {
      if (around.stop.aborted) break
      try {
        trials.push(await trial(plan, one, ready, watches, around))
      } catch (error) {
        if (around.stop.aborted) break
        const { message, hint } = toFailure(error)
        problems.push(`${stepText(one)}: ${message}${hint === undefined ? '' : ` (${hint})`}`)
      }
      await sleep(rest * 1000, undefined, { signal: around.stop }).catch(() => {})
    }
    return { trials, problems }
  } finally {
    ended.abort()
    await Promise.all(watching)
    await Promise.all(sessions.map(session => session.close().catch(() => {})))
  }
}

/** One trial of a plan. */
interface Step {
  readonly backend: string
  readonly threads: number
  /** Where there are several. */
  readonly round?: number
}

/** All trials of a plan; repeated ones in turn, so that what drifts is in each of them. */
export const stepsOf = ({ repeat, backends, threads }: Pick<Plan, 'repeat' | 'backends' | 'threads'>): readonly Step[] =>
  Array.from({ length: repeat }, (_, index) => (repeat > 1 ? { round: index + 1 } : {})).flatMap(round =>
    backends.flatMap(backend => threads.map(count => ({ backend, threads: count, ...round }))),
  )

const stepText = ({ backend, threads, round }: Step): string =>
  `${backend}, ${threads} threads${round === undefined ? '' : `, round ${round}`}`

/** @throws {UsageError} where an agent does not send to a backend */
function refuse({ backends, broker }: Plan, producers: readonly Producer[]): void {
  for (const backend of backends) {
    const without = producers.filter(({ agent }) => usedBy(agent, backend, broker) === undefined)
    const [first] = without
    if (!first) continue
    throw new UsageError(
      `${without.map(({ host }) => host.name).join(', ')}: the agent does not send to ${backend}`,
      `it sends to ${first.agent.backends.join(', ')}: name other producers, or give their role collector the backend and provision them`,
    )
  }
}

async function trial(
  plan: Plan,
  { backend, threads, round }: Step,
  producers: readonly Producer[],
  watches: readonly Watch[],
  around: Around,
): Promise<Trial> {
  const { duration, rate, broker, run } = plan
  const title = `${backend}, ${producers.length} × ${threads} threads${round === undefined ? '' : `, round ${round} of ${plan.repeat}`}`
  const stop = new AbortController()
  const onStop = (): void => stop.abort()
  around.stop.addEventListener('abort', onStop)
  const heard = producers.map((): HeardSecond[] => [])
  let failure: Failed | undefined
  const used = (agent: Agent): string => usedBy(agent, backend, broker) ?? backend
  around.tell(`${title}: warms up`)
  const began = steady()
  const loads = producers.map(async ({ host, session, agent }, index) => {
    const type = used(agent)
    const text = loadText({
      backend: type,
      threads,
      ...(rate !== undefined && { rate: rate / producers.length }),
      seconds: longestWarmUp + duration + slack,
      location: locationOf(type, agent.location, run),
      note: `bench ${run}`,
      ...(isMqtt(type) && broker !== undefined && { broker }),
      oneConnection: isMqtt(type),
    })
    const lines = inLines(line => {
      const second = secondIn(line, steady())
      if (second) heard[index]?.push(second)
    })
    try {
      const { stderr } = await session.run(text, { stop: stop.signal, onStdout: lines })
      if (!stop.signal.aborted) failure ??= endedEarly(host, stderr)
    } catch (error) {
      failure ??= new Failed({ ...toFailure(error), message: `${host.name}: ${toFailure(error).message}` })
    } finally {
      // Where the Pi cannot be reached any more, it ends by itself.
      if (isMqtt(type)) await session.run(releaseText(type), { timeout: 10 }).catch(() => {})
    }
  })
  const goesOn = (): void => {
    if (failure) throw failure
    if (stop.signal.aborted) throw new Failed({ message: 'stopped' })
  }
  let steadily = false
  let from = began
  try {
    for (;;) {
      await sleep(250)
      goesOn()
      const all = heard.every(seconds => seconds.length > 0)
      const first = Math.max(...heard.map(seconds => seconds[0]?.heard ?? Infinity))
      const { tps } = bySecond(heard, first, steady())
      steadily = all && isWarm(tps.map(value => value ?? 0))
      from = steady()
      if (steadily || from - began >= longestWarmUp) break
    }
    around.tell(`${title}: measures ${duration} s after ${Math.round(from - began)} s of warm-up${steadily ? '' : ', and is not steady'}`)
    while (steady() < from + duration) {
      await sleep(Math.min(250, 1000 * (from + duration - steady())))
      goesOn()
    }
    // The second that just ended is on its way.
    await sleep(300)
  } finally {
    stop.abort()
    await Promise.all(loads)
    around.stop.removeEventListener('abort', onStop)
  }
  const to = from + duration
  const done = producers.map(({ host }, index) => ({ host: host.name, figures: figuresOfLoad(heard[index] ?? [], from, to) }))
  const silent = done.filter(({ figures }) => figures === undefined)
  if (silent.length > 0) throw new Failed({ message: `${silent.map(({ host }) => host).join(', ')} told nothing of the load` })
  const known = done.flatMap(({ host, figures }) => (figures ? [{ host, figures }] : []))
  const all = togetherOf(
    known.map(({ figures }): LoadFigures => figures),
    heard,
    from,
    to,
  )
  if (all.stored === 0) throw new Failed({ message: 'no reading was stored' })
  const seen = watches.map(watch => ({ watch, figures: watch.figures(from, to) }))
  const addresses = Object.fromEntries(watches.map(({ host }) => [host.address, host.name]))
  const first = from - Math.floor(from - began)
  const types = [...new Set(producers.map(({ agent }) => used(agent)))]
  const isStore = (address: string) => producers.some(({ agent }) => beginsWith(agent, used(agent), address)) || broker === address
  return {
    backend,
    threads,
    ...(round !== undefined && { round }),
    ...(isMqtt(backend) && broker !== undefined && { broker }),
    ...(types.some(type => type !== backend) && { by: types.join(', ') }),
    began: Date.now() / 1000 - (steady() - from),
    seconds: duration,
    warmUp: { seconds: Math.round(from - began), steady: steadily },
    all,
    producers: known,
    hosts: seen.map(({ watch: { host, missing }, figures }) => ({
      host: host.name,
      ...(figures && { figures: { ...figures, throttled: [...figures.throttled] } }),
      ...(!figures && { missing: missing ?? 'no figures came' }),
    })),
    bottlenecks: [
      ...bottlenecksOf(
        seen.flatMap(({ watch, figures }) => (figures ? [{ name: watch.host.name, figures }] : [])),
        {
          latency: all.sent.p50,
          addresses,
          stores: Object.entries(addresses).flatMap(([address, name]) => (isStore(address) ? [name] : [])),
        },
      ),
    ],
    series: {
      measured: Math.floor(from - began),
      ...pairs(bySecond(heard, first, to)),
      ...(around.machine && {
        machine: Array.from({ length: Math.max(0, Math.floor(to - first)) }, (_, second) => {
          const at = first + second
          return around.machine?.(at, at + 1) ?? null
        }),
      }),
      hosts: watches.map(watch => {
        const points = watch.series(first, to)
        const of = (pick: (figures: NonNullable<(typeof points)[number]>) => number | undefined) =>
          points.map(figures => (figures ? (pick(figures) ?? null) : null))
        return {
          host: watch.host.name,
          cpu: of(({ cpu }) => cpu),
          disk: of(({ disk }) => disk),
          memory: of(({ memory }) => memory),
          net: of(({ net }) => net),
          temperature: of(({ temperature }) => temperature),
        }
      }),
    },
  }
}

const pairs = ({ tps, p99 }: ReturnType<typeof bySecond>) => ({ tps: [...tps], p99: [...p99] })

function endedEarly({ name }: Host, stderr: string): Failed {
  const [message = 'it said nothing', remedy] = stderr.trim().split('\n').slice(-2)
  const old = /unknown option/.test(stderr)
  return new Failed({
    message: `${name}: the load ended: ${message.trim()}`,
    ...(old ? { hint: `an older collector was deployed there: provision ${name}` } : remedy !== undefined && { hint: remedy.trim() }),
  })
}
