import type { Proof } from '../fault/proofs/proof.ts'
import type { Expectations } from './schema.ts'
import type { Counted } from './world.ts'

/** `inconclusive`: nothing was proven, neither way. */
export type Verdict = 'pass' | 'fail' | 'inconclusive'

/** All that was seen of one run of a scenario. */
export interface Seen {
  /** Was the fleet at work before anything was broken? */
  readonly steady: boolean
  /** Each fault that was to be, with its measurements; none: it could not even be injected. */
  readonly faults: readonly { readonly text: string; readonly proofs: readonly Proof[] }[]
  /** Commands that failed. */
  readonly failedRuns: readonly string[]
  /** Seconds after the last fault until nothing waited; absent: it never came to that. */
  readonly recovered?: number
  /** What was wrong with a fleet before is not what this run did. */
  readonly earlier?: readonly Counted[]
  /** Places whose agent was killed, where the store is a topic: it may send again what it had sent, and who reads a topic drops that. */
  readonly mayRepeat?: readonly string[]
  /** Absent: they could not be counted. */
  readonly counted?: readonly Counted[]
  /** What kept the scenario from its end. */
  readonly broken?: string
  /** A person stopped it. */
  readonly stopped?: boolean
}

export interface Judgement {
  readonly verdict: Verdict
  /** Sentences, the gravest first; of a pass, what it rests on. */
  readonly reasons: readonly string[]
  readonly readings: number
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
}

/** Numbers of a place that are not in the store. */
function lostOf({ place, taken, found }: Counted): string[] {
  return Array.from({ length: taken }, (_none, index) => index + 1)
    .filter(number => !found.has(number))
    .map(number => `${place} ${number}`)
}

function doubledOf({ place, found }: Counted): string[] {
  return [...found].filter(([, { times, dates }]) => times > dates).map(([number]) => `${place} ${number}`)
}

/** Numbers that were given to several readings. */
function repeatedOf({ place, found }: Counted): string[] {
  return [...found].filter(([, { dates }]) => dates > 1).map(([number]) => `${place} ${number}`)
}

/** Numbers in the store that its agent does not know of, or not yet again: it forgot what it had taken, and will give them once more. */
function forgottenOf({ place, taken, found }: Counted): string[] {
  return [...found.keys()].filter(number => number > taken).map(number => `${place} ${number}`)
}

/**
 * What a run of a scenario has proven. Readings that are lost are lost, whatever else was wrong with the run; but that none is lost
 * proves something only where the fleet was at work, each fault was measured to be in force, and all could be counted.
 */
export function judge(expect: Expectations, seen: Seen): Judgement {
  const newOnes = (wrong: (counted: Counted) => readonly string[]): readonly string[] => {
    const before = new Set((seen.earlier ?? []).flatMap(wrong))
    return (seen.counted ?? []).flatMap(wrong).filter(each => !before.has(each))
  }
  const lost = newOnes(lostOf)
  const twice = newOnes(doubledOf)
  const known = (text: string): boolean => (seen.mayRepeat ?? []).some(place => text.startsWith(`${place} `))
  const doubled = twice.filter(each => !known(each))
  const sentAgain = twice.length - doubled.length
  const repeated = expect.repeats ? [] : newOnes(repeatedOf)
  const forgotten = expect.repeats ? [] : (seen.counted ?? []).flatMap(forgottenOf)
  const readings = (seen.counted ?? []).reduce((sum, { taken }) => sum + taken, 0)
  const some = (list: readonly string[]): string => `${list.slice(0, 3).join(', ')}${list.length > 3 ? ', …' : ''}`
  const failed = [
    ...(lost.length > expect.lost ? [`${lost.length} of ${readings} readings are lost: ${some(lost)}`] : []),
    ...(doubled.length > expect.doubled ? [`${doubled.length} readings are in the store more than once: ${some(doubled)}`] : []),
    ...(repeated.length > 0 ? [`${repeated.length} numbers were given to more than one reading: ${some(repeated)}`] : []),
    ...(forgotten.length > 0 ? [`${forgotten.length} readings in the store are not known to their agents: ${some(forgotten)}`] : []),
    ...seen.failedRuns.map(text => `a command failed: ${text}`),
  ]
  const unproven = [
    ...(seen.stopped ? ['it was stopped'] : []),
    ...(seen.broken === undefined ? [] : [`it came to no end: ${seen.broken}`]),
    ...(seen.steady ? [] : ['the fleet was not at work before anything was broken']),
    ...seen.faults.flatMap(({ text, proofs }) => {
      const not = proofs.filter(({ took }) => !took)
      if (proofs.length > 0 && not.length === 0) return []
      return [`${text} took no effect${not.map(({ host, measured, expected }) => `; ${host}: ${measured}, not ${expected}`).join('')}`]
    }),
    ...(seen.counted === undefined || seen.counted.some(({ taken }) => taken > 0) ? [] : ['no reading was taken']),
  ]
  if (unproven.length === 0 && seen.counted === undefined) unproven.push('nothing was counted')
  // That it never recovered is a failure of the fleet only where the run itself was sound.
  const slow =
    unproven.length > 0 || (seen.recovered ?? Infinity) <= expect.recovers
      ? []
      : [
          seen.recovered === undefined
            ? `readings still waited ${expect.recovers} s after the last fault`
            : `it took ${seen.recovered.toFixed(0)} s to recover, not ${expect.recovers}`,
        ]
  const grave = [...failed, ...slow]
  const of = { readings, lost, doubled }
  if (grave.length > 0) return { verdict: 'fail', reasons: [...grave, ...unproven], ...of }
  if (unproven.length > 0) return { verdict: 'inconclusive', reasons: unproven, ...of }
  return {
    verdict: 'pass',
    reasons: [
      `${readings} readings of ${seen.counted?.length ?? 0} places, each ${sentAgain > 0 ? '' : 'once '}in the store; ` +
        `recovered ${(seen.recovered ?? 0).toFixed(0)} s after the last fault` +
        (sentAgain > 0 ? `; ${sentAgain} of them are in the topic twice, for their agents were killed` : ''),
    ],
    ...of,
  }
}
