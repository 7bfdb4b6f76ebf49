import type { Fault } from '../fault/kinds.ts'
import type { Scenario, Step } from './schema.ts'

/** Numbers from 0 to 1 that are the same for the same seed: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A fleet as far as chance has to know it. */
export interface Shape {
  readonly store: Exclude<Scenario['store'], 'flink'>
  /** How many hosts keep that store, and how many send to it. */
  readonly stores: number
  readonly producers: number
}

/** Seconds that faults last, and that the fleet is left alone between them. */
const lengths = { fault: [5, 20], rest: [3, 10] } as const
/** Seconds that injecting, measuring and healing take beside. */
const overhead = 12

/** What can happen to hosts of the store; `unit`: the program that keeps the readings. */
function storeFaults(hosts: string[], unit: string, number: (from: number, to: number) => number): readonly Fault[] {
  return [
    { kind: 'kill', hosts, unit },
    { kind: 'pause', hosts, unit },
    { kind: 'pause', hosts },
    { kind: 'kill', hosts },
    { kind: 'cut', hosts },
    { kind: 'partition', hosts, from: ['collector:all'] },
    { kind: 'loss', hosts, percent: number(5, 40) },
    { kind: 'delay', hosts, milliseconds: number(20, 400) },
    { kind: 'jitter', hosts, milliseconds: number(20, 200) },
    { kind: 'bandwidth', hosts, kilobits: number(200, 2000) },
    { kind: 'slow-disk', hosts, kilobytes: number(300, 3000) },
    { kind: 'slow-cpu', hosts, share: number(10, 30) / 100 },
    { kind: 'fill-disk', hosts },
  ]
}

/** What can happen to those who send. */
function producerFaults(hosts: string[], number: (from: number, to: number) => number): readonly Fault[] {
  return [
    { kind: 'cut', hosts },
    { kind: 'kill', hosts, unit: 'collector' },
    { kind: 'pause', hosts, unit: 'collector' },
    { kind: 'kill', hosts },
    { kind: 'loss', hosts, percent: number(5, 40) },
    { kind: 'delay', hosts, milliseconds: number(20, 400) },
    { kind: 'slow-cpu', hosts, share: number(10, 30) / 100 },
    { kind: 'fill-disk', hosts },
  ]
}

/**
 * A scenario by chance: the same for the same seed, fleet and length. Faults follow each other; sometimes one at those who send goes on
 * while one at the store comes and goes. No host has two at a time, for what one does the other could hide. Each is over before the end.
 * @param minutes how long it may take, about
 */
export function randomScenario(seed: number, minutes: number, shape: Shape): Scenario {
  const random = seeded(seed)
  const number = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1))
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const storeHosts = (): string[] => {
    const several = [`${shape.store}:any`, `${shape.store}:minority`, `${shape.store}:majority`, `${shape.store}:all`]
    const led = shape.store === 'kafka' ? ['kafka:leader', 'kafka:leader', 'kafka:follower'] : []
    return [one(shape.stores > 1 ? [...several, ...led] : [`${shape.store}:any`])]
  }
  const ofStore = (): Fault => one(storeFaults(storeHosts(), shape.store, number))
  const ofProducers = (): Fault => one(producerFaults([one(['collector:any', 'collector:all'])], number))
  const steps: Step[] = []
  let left = minutes * 60
  for (;;) {
    const seconds = number(...lengths.fault)
    const rest = number(...lengths.rest)
    const both = shape.producers > 0 && random() < 0.25
    const needs = seconds + rest + overhead * (both ? 2 : 1)
    if (needs > left && steps.length > 0) break
    left -= needs
    if (both) {
      // Of those who send only what does not hide the store's fault from its measurement.
      const first = one(producerFaults(['collector:any'], number).filter(({ kind }) => kind !== 'pause' && kind !== 'kill'))
      const second = one(storeFaults(storeHosts(), shape.store, number).filter(({ kind }) => kind !== 'partition'))
      steps.push({ kind: 'fault', fault: first }, { kind: 'fault', fault: second, seconds }, { kind: 'heal' })
    } else steps.push({ kind: 'fault', fault: random() < 0.65 || shape.producers === 0 ? ofStore() : ofProducers(), seconds })
    steps.push({ kind: 'wait', seconds: rest })
  }
  return {
    name: `random, seed ${seed}, ${minutes} min`,
    store: shape.store,
    steady: { within: 180, rate: 1 },
    steps,
    expect: { lost: 0, doubled: 0, repeats: false, recovers: 300 },
  }
}
